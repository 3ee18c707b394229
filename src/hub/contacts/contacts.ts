/** 联系人: shown masked; one number is revealed to the duty desk with a reason, a list is exported by
 *  role. Both are written into the audit, which holds no number. */
import { normaliseAddress } from '../../domain/address.ts'
import { type ContactField, columnName } from '../../domain/contact-columns.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Role } from '../../domain/role.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { actor } from '../people.ts'
import type { ContactFacts, ContactFilter } from '../ports/contacts.ts'
import type { Hub, Tx } from '../ports.ts'

/** Who may see a number as it is. */
const REVEALERS: readonly Role[] = ['operator', 'duty-officer']
/** Who may carry a masked list away. */
const EXPORTERS: readonly Role[] = ['operator', 'duty-officer', 'section-head', 'leader']
/** Who works with the list on the screen. */
const READERS: readonly Role[] = [...EXPORTERS, 'drafter']

const REASON_CHARACTERS_MAX = 200
const PAGE_CONTACTS_MAX = 200
const EXPORT_PAGE = 5_000
const EXPORT_CONTACTS_MAX = 300_000

interface Asked {
  readonly agencyId: number
  readonly by: number
  readonly at: Date
}

/** One page of the list, masked; `next` continues it. */
export function listContacts(
  hub: Hub,
  request: Asked & {
    readonly filter?: ContactFilter
    readonly after?: number
    readonly limit?: number
  },
): Promise<{ readonly contacts: readonly ContactFacts[]; readonly next?: number }> {
  return hub.store.transact(request.agencyId, async (tx) => {
    await allowed(tx, request, READERS)
    const { filter = {}, after = 0 } = request
    checkFilter(filter)
    const limit = Math.max(1, Math.min(request.limit ?? PAGE_CONTACTS_MAX, PAGE_CONTACTS_MAX))
    const contacts = await tx.contacts(filter, { after, limit })
    const last = contacts.at(-1)
    return contacts.length < limit || !last ? { contacts } : { contacts, next: last.id }
  })
}

/** The refusal never repeats the address that was asked for. */
function checkFilter({ address }: ContactFilter): void {
  const form = address && normaliseAddress(address.kind, address.value)
  if (form && 'refusal' in form) throw new Refused(form.refusal)
}

async function allowed(tx: Tx, { by, at }: Asked, roles: readonly Role[]) {
  const person = await actor(tx, by, at)
  if (!may(person, ...roles)) throw new Refused({ code: 'not-allowed' })
  return person
}

function readReason(written: string): string {
  const reason = written.trim().replaceAll(/\p{Cc}+/gu, ' ')
  if (reason === '') throw new Refused({ code: 'reason-missing' })
  if ([...reason].length > REASON_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'reason', limit: REASON_CHARACTERS_MAX })
  // The audit holds no number of anybody, whoever writes one into a reason.
  return reason
    .replaceAll(/\d{7,}/g, (number) => `${number.slice(0, 3)}****${number.slice(-2)}`)
    .replaceAll(/[^\s@]+@/g, '***@')
}

/** 查看号码: one address as it is. The audit has who, which address row and why. */
export function revealAddress(
  hub: Hub,
  request: Asked & { readonly addressId: number; readonly reason: string },
): Promise<{ readonly kind: string; readonly value: string; readonly removed: boolean }> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const person = await allowed(tx, request, REVEALERS)
    const reason = readReason(request.reason)
    const { addressId, at } = request
    const found = await tx.addressInClear(addressId)
    if (!found)
      throw new Refused({ code: 'not-found', field: 'address', detail: String(addressId) })
    await tx.audit({
      ...{ at, actorId: person.id, action: 'reveal-address' },
      ...{ subject: `address/${addressId}`, facts: { kind: found.kind, reason } },
    })
    return found
  })
}

export interface ContactExport {
  /** UTF-8 with a byte order mark, because spreadsheets take it for another encoding without */
  readonly csv: string
  readonly contacts: number
  readonly revealed: boolean
}

/** 导出名单. Masked unless `reveal` gives a reason and the role allows it. */
export function exportContacts(
  hub: Hub,
  request: Asked & { readonly filter?: ContactFilter; readonly reveal?: string },
): Promise<ContactExport> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const revealed = request.reveal !== undefined
    const person = await allowed(tx, request, revealed ? REVEALERS : EXPORTERS)
    const reason = request.reveal === undefined ? undefined : readReason(request.reveal)
    const { filter = {}, at } = request
    checkFilter(filter)
    const names = new Map((await tx.audiences()).map((one) => [one.id, one.name]))
    const lines = [COLUMNS.map(columnName).join(',')]
    let after = 0
    let more = true
    while (more) {
      const page = { after, limit: EXPORT_PAGE }
      const part = revealed
        ? await tx.contactsInClear(filter, page)
        : await tx.contacts(filter, page)
      lines.push(...part.map((contact) => lineOf(contact, names)))
      after = part.at(-1)?.id ?? after
      more = part.length === EXPORT_PAGE
      if (lines.length > EXPORT_CONTACTS_MAX + 1)
        throw new Refused({ code: 'too-long', field: 'contacts', limit: EXPORT_CONTACTS_MAX })
    }
    const csv = `\uFEFF${lines.join('\r\n')}\r\n`
    const contacts = lines.length - 1
    await tx.audit({
      ...{ at, actorId: person.id, action: 'export-contacts', subject: 'contacts' },
      facts: {
        ...{ contacts, revealed, fileHash: sha256Hex(csv) },
        filter: Object.keys(filter).sort(),
        ...(reason === undefined ? {} : { reason }),
      },
    })
    return { csv, contacts, revealed }
  })
}

const COLUMNS: readonly ContactField[] = [
  ...(['name', 'creditCode', 'liaison', 'phone', 'mailbox', 'area', 'tags'] as const),
  ...(['audiences', 'forExercise', 'wechatGroup', 'qqGroup'] as const),
]

const KIND_OF: Partial<Record<ContactField, string>> = {
  ...{ phone: 'phone', mailbox: 'mailbox', wechatGroup: 'wechat-group', qqGroup: 'qq-group' },
}

function lineOf(contact: ContactFacts, names: ReadonlyMap<string, string>): string {
  const cellOf = (field: ContactField): string => {
    const kind = KIND_OF[field]
    if (kind !== undefined)
      return contact.addresses
        .filter((one) => one.kind === kind)
        .map((one) => one.shown)
        .join('；')
    if (field === 'tags') return contact.tags.join('；')
    if (field === 'audiences') return contact.audiences.map((id) => names.get(id) ?? id).join('；')
    if (field === 'forExercise') return contact.forExercise ? '是' : '否'
    if (field === 'name') return contact.name
    if (field === 'creditCode') return contact.creditCode ?? ''
    if (field === 'liaison') return contact.liaison ?? ''
    return contact.area ?? ''
  }
  return COLUMNS.map((field) => cell(cellOf(field))).join(',')
}

/** A cell a spreadsheet would take for a formula gets an apostrophe, which it does not show. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
