/** Receipts and replies out of what a gateway says, and whether it was the gateway that said it. A callback
 *  whose proof does not hold is not heard at all. */
import { type Charset, encodeText, formDecoded } from '../../src/kit/charset.ts'
import { sameDigest, sha256 } from '../../src/kit/hash.ts'
import { canonicalText, signText } from '../../src/kit/signing.ts'
import type { Heard, Toolbox } from '../channel.ts'
import type { PushRule, ReceiptMap, ReplyMap, Verification } from './gateway.ts'
import { mobileOf } from './number.ts'
import type { Account } from './request.ts'
import { holds, recordsAt, textAt, treeFrom } from './tree.ts'

const REPLY_CHARACTERS_MAX = 2_000
const SHANGHAI = '+08:00'

type TimeAt = NonNullable<ReceiptMap['at']>

export interface HeardMaps {
  readonly receipt?: ReceiptMap | undefined
  readonly reply?: ReplyMap | undefined
}

/** A record that cannot be read is left out: the rest of the list is still heard. */
export function heardIn(tree: unknown, { receipt, reply }: HeardMaps): readonly Heard[] {
  const heard: Heard[] = []
  if (receipt)
    for (const row of recordsAt(tree, receipt.list)) {
      const one = holds(row, receipt.when) ? receiptOf(row, receipt) : undefined
      if (one) heard.push(one)
    }
  if (reply)
    for (const row of recordsAt(tree, reply.list)) {
      const one = holds(row, reply.when) ? replyOf(row, reply) : undefined
      if (one) heard.push(one)
    }
  return heard
}

function receiptOf(row: unknown, map: ReceiptMap): Heard | undefined {
  const reference = textAt(row, map.reference)
  const said = textAt(row, map.state)
  if (!reference || said === undefined) return undefined
  const failed = map.othersFailed || map.failed.includes(said)
  const state = map.delivered.includes(said) ? 'delivered' : failed ? 'failed' : undefined
  if (state === undefined) return undefined
  const address = mobileOf(textAt(row, map.address) ?? '')
  const code = textAt(row, map.code) ?? said
  const at = timeAt(row, map.at)
  return {
    ...{ kind: 'receipt', reference, state },
    ...(address === undefined ? {} : { address }),
    ...(code === '' ? {} : { code: code.slice(0, 60) }),
    ...(at ? { at } : {}),
  }
}

function replyOf(row: unknown, map: ReplyMap): Heard | undefined {
  const from = mobileOf(textAt(row, map.from) ?? '')
  const text = textAt(row, map.text)
  if (from === undefined || text === undefined) return undefined
  const reference = textAt(row, map.reference)
  const id = textAt(row, map.id)
  const at = timeAt(row, map.at)
  return {
    ...{ kind: 'reply', from, text: [...text].slice(0, REPLY_CHARACTERS_MAX).join('') },
    ...(reference ? { reference } : {}),
    ...(id ? { id } : {}),
    ...(at ? { at } : {}),
  }
}

/** Vendors write the wall clock of China; a time that is none is left out. */
function timeAt(row: unknown, rule: TimeAt | undefined): Date | undefined {
  const text = rule && textAt(row, rule.path)
  if (!text) return undefined
  const at = new Date(momentOf(text, rule.format))
  return Number.isNaN(at.getTime()) ? undefined : at
}

function momentOf(text: string, format: TimeAt['format']): number | string {
  switch (format) {
    case 's':
      return /^\d{1,12}$/.test(text) ? Number(text) * 1_000 : Number.NaN
    case 'ms':
      return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    case 'yyyyMMddHHmmss':
      return text.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, `$1-$2-$3T$4:$5:$6${SHANGHAI}`)
    case 'yyyy-MM-dd HH:mm:ss':
      return `${text.replace(' ', 'T')}${SHANGHAI}`
    case 'iso':
      return text
  }
}

export interface Callback {
  readonly url: URL
  readonly headers: Headers
  readonly body: Uint8Array
}

function treeOfCallback({ url, body }: Callback, rule: PushRule, charset: Charset): unknown {
  if (rule.format === 'query') return formDecoded(url.search.slice(1), charset)
  return treeFrom(body, charset, rule)
}

/** True when every proof holds. Secrets are compared by digest, so that time tells nothing. */
function isGenuine(
  callback: Callback,
  rule: PushRule,
  tree: unknown,
  charset: Charset,
  secrets: ReadonlyMap<string, string>,
): boolean {
  return rule.verify.every((one) => {
    try {
      return proves(one, callback, tree, charset, secrets)
    } catch {
      // A broken percent sign in the path, a name nobody knows: no proof.
      return false
    }
  })
}

function proves(
  rule: Verification,
  callback: Callback,
  tree: unknown,
  charset: Charset,
  secrets: ReadonlyMap<string, string>,
): boolean {
  if (rule.kind === 'basic') {
    const pair = `${rule.user}:${secrets.get(rule.password) ?? ''}`
    const expected = `Basic ${Buffer.from(pair).toString('base64')}`
    return same(callback.headers.get('authorization') ?? '', expected)
  }
  if (rule.kind === 'secret') {
    const expected = secrets.get(rule.secret)
    return Boolean(expected) && same(placed(rule, callback, tree) ?? '', expected ?? '')
  }
  const key = rule.key === undefined ? '' : (secrets.get(rule.key) ?? '')
  const value = (name: string) => {
    const [kind = '', ...rest] = name.split('.')
    const member = rest.join('.')
    if (name === 'body') return Buffer.from(callback.body).toString('utf8')
    if (kind === 'header') return callback.headers.get(member.replaceAll('_', '-')) ?? ''
    if (kind === 'query') return callback.url.searchParams.get(member) ?? ''
    if (kind === 'field') return textAt(tree, member) ?? ''
    return kind === 'secrets' ? (secrets.get(member) ?? '') : undefined
  }
  // The raw bytes are signed as they came, whatever their charset.
  const raw = /^\{\{\s*body\s*\}\}$/.test(rule.text)
  const text = raw ? callback.body : encodeText(canonicalText(rule.text, value), charset)
  return same(placed(rule, callback, tree) ?? '', signText(rule, text, key))
}

function placed(
  rule: { readonly place: 'path' | 'query' | 'header' | 'field'; readonly name: string },
  { url, headers }: Callback,
  tree: unknown,
): string | undefined {
  switch (rule.place) {
    case 'path':
      return decodeURIComponent(url.pathname.split('/').findLast(Boolean) ?? '')
    case 'query':
      return url.searchParams.get(rule.name) ?? undefined
    case 'header':
      return headers.get(rule.name) ?? undefined
    case 'field':
      return textAt(tree, rule.name)
  }
}

function same(given: string, expected: string): boolean {
  return sameDigest(sha256(given), sha256(expected))
}

const CALLBACK_BYTES_MAX = 1024 * 1024

/** Reads, verifies and answers one callback. Nothing is heard of one that is not genuine.
 *  @returns the vendor's answer, to be given once what was heard is stored */
export async function answerCallback(
  { settings, secrets }: Account,
  rule: PushRule,
  request: Request,
  tools: Pick<Toolbox, 'log'>,
): Promise<{ heard: readonly Heard[]; response: Response }> {
  const refuse = (status: number, code: string, text: string) => {
    tools.log('sms-callback', { code, status })
    return { heard: [], response: new Response(text, { status }) }
  }
  const body = await bodyOf(request)
  if (!body) return refuse(413, 'too-long', '回调内容超过 1 MB，请分批推送')
  const { charset } = settings.gateway
  const callback = { url: new URL(request.url), headers: request.headers, body }
  const tree = treeOfCallback(callback, rule, charset)
  if (!isGenuine(callback, rule, tree, charset, secrets))
    return refuse(403, 'not-genuine', '验证没有通过，请核对回调地址和密钥')
  if (tree === undefined) return refuse(400, 'unreadable', '看不懂回调内容，请核对格式和编码')
  const headers = { 'content-type': rule.answer.contentType }
  return { heard: heardIn(tree, rule), response: new Response(rule.answer.body, { headers }) }
}

/** Undefined when it is longer than anybody honest would send. */
async function bodyOf(request: Request): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > CALLBACK_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
