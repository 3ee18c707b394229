/** What a vendor's JSON answer, or its silence, means: the vendor's own code table decides. A code the table
 *  does not know is refused and never tried again. */
import type { WebAnswer } from './http.ts'

export interface CodeRow {
  /** `retry`: this number has to wait; `limited`: everything on the account; `unsure`: it may have been
   *  carried out */
  readonly means: 'retry' | 'limited' | 'unsure' | 'recipient' | 'message' | 'account'
  readonly text: string
  readonly waitMs?: number
}

/** By the vendor's codes; `http-503` stands for a status that came without a known code. */
export type CodeTable = Readonly<Record<string, CodeRow>>

export type Denial =
  | {
      readonly kind: 'refused'
      readonly scope: 'recipient' | 'message' | 'account'
      readonly code: string
      readonly detail: string
    }
  | {
      readonly kind: 'retry'
      readonly code: string
      readonly detail: string
      readonly notBeforeMs?: number
      readonly limited?: true
    }
  | { readonly kind: 'unsure'; readonly code: string; readonly detail: string }

export type Verdict = { readonly kind: 'taken'; readonly tree: unknown } | Denial

export interface Vendor {
  /** as people call it: 阿里云短信 */
  readonly name: string
  readonly table: CodeTable
  /** codes that mean: taken */
  readonly success: readonly string[]
  codeOf(tree: unknown): string | undefined
}

/** Statuses that say something although no known code came with them (RFC 9110, RFC 6585). */
const STATUSES: CodeTable = {
  'http-401': { means: 'account', text: '不认这个账号，请核对密钥' },
  'http-403': { means: 'account', text: '拒绝这个账号或这台机器的地址，请核对授权和白名单' },
  'http-404': { means: 'account', text: '没有这个接口，请核对 endpoint' },
  'http-405': { means: 'account', text: '这个接口不接受这种请求，请核对 endpoint' },
  'http-408': { means: 'unsure', text: '等待超时，可能已经收下' },
  'http-429': { means: 'limited', text: '要求放慢', waitMs: 1_000 },
}

/** The request itself is none: no wait will mend it. */
const UNCALLABLE: readonly string[] = ['UND_ERR_INVALID_ARG', 'ERR_INVALID_URL']

export function judgeAnswer(answer: WebAnswer, vendor: Vendor): Verdict {
  const { name } = vendor
  if (answer.kind === 'unreachable') {
    if (UNCALLABLE.includes(answer.code))
      return refused('account', 'uncallable', `${name}的地址不能用，没有发出，请核对 endpoint`)
    const detail = `连不上${name}，没有发出，请检查网络和 endpoint`
    return { kind: 'retry', code: plainCode(answer.code), detail }
  }
  if (answer.kind === 'lost') {
    const detail = `请求已发出，没有收到${name}的答复，可能已经收下`
    return { kind: 'unsure', code: plainCode(answer.code), detail }
  }
  const tree = jsonOf(answer.body)
  const code = vendor.codeOf(tree)
  const good = answer.status >= 200 && answer.status < 300
  if (good && code !== undefined && vendor.success.includes(code)) return { kind: 'taken', tree }
  if (code !== undefined && Object.hasOwn(vendor.table, code)) return denialOf(vendor, code)
  const status = `http-${answer.status}`
  const after = Number(answer.headers['retry-after'])
  if (Object.hasOwn(STATUSES, status))
    return waiting(denialOf({ ...vendor, table: STATUSES }, status), after)
  return unknownAnswer(name, answer.status, code)
}

function unknownAnswer(name: string, status: number, code: string | undefined): Denial {
  if (status >= 500)
    return {
      ...{ kind: 'unsure', code: `http-${status}` },
      detail: `${name}内部出错（${status}），不知道是否已经收下`,
    }
  if (status >= 300 && status < 400)
    return refused('account', `http-${status}`, `${name}要求改去别的地址，请核对 endpoint`)
  if (code === undefined && status < 300)
    return {
      ...{ kind: 'unsure', code: 'unreadable-answer' },
      detail: `看不懂${name}的答复，可能已经收下，请核对 endpoint`,
    }
  return unknownCode(name, code ?? `http-${status}`)
}

/** What one code says, also where it stands beside one number of many. */
export function denialOf({ name, table }: Pick<Vendor, 'name' | 'table'>, code: string): Denial {
  const row = Object.hasOwn(table, code) ? table[code] : undefined
  if (!row) return unknownCode(name, code)
  const said = { code: plainCode(code), detail: `${name}：${row.text}` }
  switch (row.means) {
    case 'retry':
      return { kind: 'retry', ...said, ...(row.waitMs ? { notBeforeMs: row.waitMs } : {}) }
    case 'limited':
      return { kind: 'retry', ...said, notBeforeMs: row.waitMs ?? 1_000, limited: true }
    case 'unsure':
      return { kind: 'unsure', ...said }
    default:
      return { kind: 'refused', scope: row.means, ...said }
  }
}

/** True where the next call would meet the same. What the table calls `retry` is of one number only. */
export function stopsTheRoad(denial: Denial, { table }: Pick<Vendor, 'table'>): boolean {
  if (denial.kind === 'unsure') return false
  if (denial.kind === 'refused') return denial.scope !== 'recipient'
  return !isOfOneCall(denial, table)
}

/** True where the call was refused for a number in it, so that another number may fare better. */
export function isOfANumber(denial: Denial, { table }: Pick<Vendor, 'table'>): boolean {
  if (denial.kind === 'refused') return denial.scope === 'recipient'
  return denial.kind === 'retry' && isOfOneCall(denial, table)
}

function isOfOneCall({ code }: Denial, table: CodeTable): boolean {
  return Object.hasOwn(table, code) && table[code]?.means === 'retry'
}

function unknownCode(name: string, code: string): Denial {
  const said = plainCode(code)
  const detail = `${name}拒绝，代码 ${said} 不在错误表中，没有重发；请查平台文档后处理`
  return refused('message', said, detail)
}

function refused(scope: 'message' | 'account', code: string, detail: string): Denial {
  return { kind: 'refused', scope, code, detail }
}

function waiting(denial: Denial, seconds: number): Denial {
  if (denial.kind !== 'retry' || !Number.isInteger(seconds) || seconds <= 0) return denial
  return { ...denial, notBeforeMs: seconds * 1_000 }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    return undefined
  }
}

/** A member of a tree nobody trusts; a text, a number or a truth as text, anything else is not there. */
export function textMember(tree: unknown, ...path: readonly string[]): string | undefined {
  const found = member(tree, path)
  if (typeof found === 'string') return found.trim()
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : undefined
}

/** The records of a list nobody trusts; none where there is no list. */
export function listMember(tree: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = member(tree, path)
  return Array.isArray(found) ? found : []
}

function member(tree: unknown, path: readonly string[]): unknown {
  let found = tree
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined
    found = (found as Record<string, unknown>)[step]
  }
  return found
}

/** A code as it may be logged: a vendor that writes the number into its code does not get it through. */
function plainCode(code: string): string {
  return code
    .replace(/\d{7,}/g, '*')
    .replace(/[^\p{L}\p{N} _.*:()-]/gu, '')
    .slice(0, 60)
}
