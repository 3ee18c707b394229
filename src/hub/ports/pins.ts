/** 签发 PIN: proves at each act that the person who signed in is the one who acts. */

export type PinState = 'none' | 'ready' | 'locked'

export interface PinHolder {
  readonly agencyId: number
  readonly personId: number
  readonly at: Date
}

export interface Pins {
  state(agencyId: number, personId: number): Promise<PinState>
  /** A wrong one is written into the audit and takes one of the few tries.
   *  @throws Refused `pin-missing`, `pin-locked`, `pin-wrong` */
  prove(holder: PinHolder & { readonly pin: string }): Promise<void>
  /** Whoever calls it made sure of the password; a lock ends.
   *  @throws Refused `weak-pin` */
  set(holder: PinHolder & { readonly pin: string }): Promise<void>
  /** The password was given again: a lock ends. */
  unlock(holder: PinHolder): Promise<void>
}
