/** What the bridge needs of whoever speaks WeChat for it: who is logged in, which rooms there are, one text to
 *  one room. It knows nothing of who asks, and promises nothing about a call that fails. */

export interface Room {
  readonly id: string
  /** 群名: anybody in the room may change it, and two rooms may have the same */
  readonly topic: string
}

export type Standing =
  | { readonly state: 'logged-in'; readonly name: string; readonly since: Date }
  /** somebody has to scan this with the phone of the account */
  | { readonly state: 'scan'; readonly link: string }
  | { readonly state: 'logged-out' }

export interface Puppet {
  /** as it is configured: the name of a package */
  readonly name: string
  /** what was last heard; only `rooms` asks */
  standing(): Standing
  /** Asks outside each time, so that an answer proves that somebody is there.
   *  @throws whatever went wrong; nothing was sent */
  rooms(): Promise<readonly Room[]>
  /** Resolves when the message was taken, with its id where there is one.
   *  @throws whatever went wrong; the message may have been sent all the same */
  say(roomId: string, text: string): Promise<string | undefined>
  /** False where the message stands as before. */
  recall(messageId: string): Promise<boolean>
  stop(): Promise<void>
}
