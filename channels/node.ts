/** The adapters a Node process can run. A Worker bundle has a list of its own, without Node-only code. */
import { byHand } from './by-hand.ts'
import type { Adapter } from './channel.ts'
import { disclosurePortal } from './disclosure-portal.ts'
import { email } from './email.ts'
import { httpPublish } from './http-publish.ts'
import { sms } from './sms.ts'

export const ADAPTERS: readonly Adapter[] = [byHand, disclosurePortal, email, httpPublish, sms]
