/** The little of the npm package `smpp` that the tests use; it brings no declarations of its own. */
declare module 'smpp' {
  import type { EventEmitter } from 'node:events'
  import type { Server } from 'node:net'

  export interface Pdu {
    readonly command: string
    readonly command_status: number
    readonly system_id?: string
    readonly password?: string
    readonly source_addr?: string
    readonly destination_addr?: string
    readonly esm_class?: number
    readonly data_coding?: number
    readonly registered_delivery?: number
    readonly short_message?: { readonly message: string | Buffer; readonly udh?: readonly Buffer[] }
    readonly message_payload?: { readonly message: string | Buffer } | string | Buffer
    response(options?: Readonly<Record<string, unknown>>): Pdu
  }
  export interface Session extends EventEmitter {
    send(pdu: Pdu): boolean
    deliver_sm(options: Readonly<Record<string, unknown>>, answered: (answer: Pdu) => void): boolean
    enquire_link(answered: (answer: Pdu) => void): boolean
    close(): void
    destroy(): void
  }
  export function createServer(listener: (session: Session) => void): Server
}
