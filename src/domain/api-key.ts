/** 接口密钥: what a key may be for. A key acts as its person within its scopes; a machine's key, for
 *  which a person answers, reads and imports and can neither review nor sign. */
import type { Refusal } from './refusal.ts'

export const SCOPES = [
  'read',
  'compose',
  'review',
  'sign',
  'stop',
  'tasks',
  'import',
  'contacts',
  'schedules',
  'audit',
  'keys',
] as const
export type Scope = (typeof SCOPES)[number]

/** 范围的中文名 */
export const SCOPE_NAMES: Readonly<Record<Scope, string>> = {
  read: '查看',
  compose: '拟稿',
  review: '审查',
  sign: '签发',
  stop: '停发',
  tasks: '人工代发',
  import: '补录',
  contacts: '通讯录',
  schedules: '定时',
  audit: '审计',
  keys: '接口密钥管理',
}

const MACHINE_SCOPES: readonly Scope[] = ['read', 'import']

export const KEY_KINDS = ['person', 'machine'] as const
export type KeyKind = (typeof KEY_KINDS)[number]

const KEY_NAME_CHARACTERS_MAX = 60
export const KEY_DAYS_MAX = 366
const DAY_MS = 86_400_000

export interface NewKey {
  readonly name: string
  readonly kind: KeyKind
  readonly scopes: readonly Scope[]
  readonly expiresAt: Date
}

/** Every fault at once; empty when the key may be made. */
export function whyNotKey(key: NewKey, at: Date): readonly Refusal[] {
  const found: Refusal[] = []
  const name = key.name.trim()
  if (name === '') found.push({ code: 'missing-field', field: 'name' })
  if ([...name].length > KEY_NAME_CHARACTERS_MAX)
    found.push({ code: 'too-long', field: 'name', limit: KEY_NAME_CHARACTERS_MAX })
  if (key.scopes.length === 0) found.push({ code: 'missing-field', field: 'scopes' })
  if (key.kind === 'machine' && !key.scopes.every((one) => MACHINE_SCOPES.includes(one)))
    found.push({ code: 'value-not-allowed', field: 'scopes', detail: MACHINE_SCOPES.join('、') })
  const days = (key.expiresAt.getTime() - at.getTime()) / DAY_MS
  if (!(days > 0) || days > KEY_DAYS_MAX)
    found.push({ code: 'window-invalid', field: 'expiresAt', limit: KEY_DAYS_MAX })
  return found
}
