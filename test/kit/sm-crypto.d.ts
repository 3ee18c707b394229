/** The one function of `sm-crypto` the tests compare with; the package comes without types. */
declare module 'sm-crypto' {
  /** Lower-case hex of SM3 over text or bytes, or of HMAC-SM3 under a key given in hex. */
  export function sm3(
    text: string | readonly number[],
    options?: { mode: 'hmac'; key: string },
  ): string
}
