/** Calls to the platform: the stable token, JSON and uploads. It keeps one token a process, fetches another
 *  when the platform no longer knows it, and says of every answer whether the call may have been taken.
 *  Source: 公众号文档 getStableAccessToken and 通用错误码. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import type { HttpAnswer, HttpRequest, Toolbox } from '../channel.ts'
import { CODES } from './codes.ts'
import type { OfficialSettings } from './settings.ts'

/** `look` changes nothing anybody sees, so that a lost answer is simply asked again; `make` may have been
 *  taken. */
export type Effect = 'look' | 'make'

export type Tree = Readonly<Record<string, unknown>>

export type Said =
  | { readonly kind: 'done'; readonly tree: Tree }
  /** the platform's own no; certainly not done unless the code says so */
  | { readonly kind: 'code'; readonly code: string; readonly tree: Tree }
  /** nothing that can be read came back */
  | { readonly kind: 'lost'; readonly outcome: Outcome }

const ANSWER_BYTES_MAX = 4 * 1024 * 1024
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
/** Asia/Shanghai, which has no summer time. */
const SHANGHAI_MS = 8 * HOUR_MS

export class Interface {
  readonly settings: OfficialSettings
  readonly #secret: string
  readonly #tools: Toolbox
  #token: string | undefined

  constructor(settings: OfficialSettings, secret: string, tools: Toolbox) {
    this.settings = settings
    this.#secret = secret
    this.#tools = tools
  }

  /** @param body JSON, written by the caller where a number has more digits than a double holds */
  call(path: string, body: unknown, effect: Effect, signal: AbortSignal): Promise<Said> {
    const request = {
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }
    return this.#withToken(path, request, effect, signal)
  }

  upload(
    path: string,
    file: { readonly bytes: Uint8Array; readonly name: string; readonly mediaType: string },
    signal: AbortSignal,
  ): Promise<Said> {
    // A digest of the bytes is not in the bytes.
    const boundary = `duoling-${sha256Hex(file.bytes).slice(0, 40)}`
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="media"; filename="${file.name}"\r\nContent-Type: ${file.mediaType}\r\n\r\n`
    const body = Buffer.concat([
      Buffer.from(head),
      file.bytes,
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ])
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` }
    return this.#withToken(path, { headers, body }, 'look', signal)
  }

  /** Asks anew: what stands in memory proves nothing about the account. */
  async freshToken(signal: AbortSignal): Promise<Said | string> {
    this.#token = undefined
    return this.#currentToken(signal)
  }

  async #withToken(
    path: string,
    request: Pick<HttpRequest, 'headers' | 'body'>,
    effect: Effect,
    signal: AbortSignal,
  ): Promise<Said> {
    for (let tries = 0; ; tries++) {
      const token = await this.#currentToken(signal)
      if (typeof token !== 'string') return token
      const [plain = path, query] = path.split('?')
      const parameters = `access_token=${encodeURIComponent(token)}${query ? `&${query}` : ''}`
      const said = await this.#post(`/cgi-bin/${plain}?${parameters}`, request, effect, signal)
      const stale = said.kind === 'code' && CODES[said.code]?.means === 'token'
      if (!stale || tries > 0) return said
      // Another call may have fetched a newer one meanwhile.
      if (this.#token === token) this.#token = undefined
    }
  }

  async #currentToken(signal: AbortSignal): Promise<Said | string> {
    if (this.#token !== undefined) return this.#token
    const { appId } = this.settings
    const body = JSON.stringify({
      ...{ grant_type: 'client_credential', appid: appId },
      // Forced, it would end the token of every other process.
      ...{ secret: this.#secret, force_refresh: false },
    })
    const headers = { 'Content-Type': 'application/json' }
    const said = await this.#post('/cgi-bin/stable_token', { headers, body }, 'look', signal)
    if (said.kind !== 'done') return said
    const token = textAt(said.tree, 'access_token')
    if (!token) return lost('look', 'unreadable-answer')
    this.#token = token
    return token
  }

  async #post(
    path: string,
    request: Pick<HttpRequest, 'headers' | 'body'>,
    effect: Effect,
    signal: AbortSignal,
  ): Promise<Said> {
    const { base, timeoutMs } = this.settings
    const answer = await this.#tools.http({
      ...{ method: 'POST', url: `${base}${path}`, ...request },
      ...{ timeoutMs, bytesMax: ANSWER_BYTES_MAX, signal },
    })
    const said = read(answer, effect)
    // The path alone: what follows the question mark is the token.
    if (said.kind !== 'done')
      this.#tools.log('wechat-official', {
        call: path.split('?')[0] ?? '',
        code: said.kind === 'code' ? said.code : 'code' in said.outcome ? said.outcome.code : '',
      })
    return said
  }
}

function read(answer: HttpAnswer, effect: Effect): Said {
  if (answer.kind === 'unreachable') {
    const detail = '连不上微信平台，没有发出，请检查网络和接口地址'
    return { kind: 'lost', outcome: { kind: 'retry', code: plainCode(answer.code), detail } }
  }
  if (answer.kind === 'lost') return lost(effect, plainCode(answer.code))
  const { status } = answer
  if (status === 429) {
    const detail = '平台限制了频率，稍后再试'
    const outcome: Outcome = { kind: 'retry', code: 'http-429', detail, limited: true }
    return { kind: 'lost', outcome }
  }
  if (status >= 500 || status === 408) return lost(effect, `http-${status}`)
  if (status >= 300) {
    const detail = `接口地址答复 HTTP ${status}，请核对设置中的 base`
    const code = `http-${status}`
    return { kind: 'lost', outcome: { kind: 'refused', scope: 'account', code, detail } }
  }
  const tree = parse(answer.body)
  const code = tree && textAt(tree, 'errcode')
  if (!tree || (code !== undefined && !/^-?\d{1,9}$/.test(code)))
    return lost(effect, 'unreadable-answer')
  return code === undefined || code === '0' ? { kind: 'done', tree } : { kind: 'code', code, tree }
}

function lost(effect: Effect, code: string): Said {
  const outcome: Outcome =
    effect === 'look'
      ? { kind: 'retry', code, detail: '平台没有给出能看懂的答复，稍后再试' }
      : { kind: 'unsure', code, detail: '请求已发出而没有得到答复，请到公众平台后台核实是否收下' }
  return { kind: 'lost', outcome }
}

/** Numbers stay as they were written: an id of 19 digits would lose its last ones. */
function parse(body: Uint8Array): Tree | undefined {
  try {
    const tree: unknown = JSON.parse(
      new TextDecoder().decode(body),
      (_key, value: unknown, context?: { source?: string }) =>
        typeof value === 'number' ? (context?.source ?? String(value)) : value,
    )
    return isTree(tree) ? tree : undefined
  } catch {
    return undefined
  }
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function textAt(tree: Tree, name: string): string | undefined {
  const value = Object.hasOwn(tree, name) ? tree[name] : undefined
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

/** A code as it may be logged. */
function plainCode(code: string): string {
  return code.replace(/[^\w.-]/g, '').slice(0, 60)
}

/** What a code of the platform means for the item that was under way at `at`. */
export function outcomeOf(
  said: Exclude<Said, { kind: 'done' }>,
  at: Date,
  settings: OfficialSettings,
): Outcome {
  if (said.kind === 'lost') return said.outcome
  const { code, tree } = said
  const row = Object.hasOwn(CODES, code) ? CODES[code] : undefined
  if (!row) {
    const detail = `平台拒绝，代码 ${code} 不在错误表中；请查公众平台的返回码说明`
    return { kind: 'refused', scope: 'message', code, detail }
  }
  const detail = `${row.text}${code === '40164' ? addressIn(tree) : ''}`
  const retry = (notBeforeMs?: number, limited?: true): Outcome => ({
    ...{ kind: 'retry', code, detail },
    ...(notBeforeMs === undefined ? {} : { notBeforeMs }),
    ...(limited ? { limited } : {}),
  })
  switch (row.means) {
    case 'busy':
      return retry()
    case 'soon':
      return retry(MINUTE_MS)
    case 'minute':
      return retry(MINUTE_MS, true)
    case 'day':
      return retry(untilNextDay(at), true)
    case 'quota':
      return retry(settings.account === 'service' ? untilNextMonth(at) : untilNextDay(at), true)
    case 'account':
    case 'token':
      return { kind: 'refused', scope: 'account', code, detail }
    default:
      return { kind: 'refused', scope: 'message', code, detail }
  }
}

/** The platform names the address it saw: the one that belongs into its list. */
function addressIn(tree: Tree): string {
  const said = textAt(tree, 'errmsg') ?? ''
  const [address] = /(?<![\w.:])(?:\d{1,3}\.){3}\d{1,3}(?![\w.])/.exec(said) ?? []
  return address === undefined ? '' : `：${address}`
}

/** The platform's windows are calendar days and months of Asia/Shanghai. */
function untilNextDay(at: Date): number {
  const local = at.getTime() + SHANGHAI_MS
  return DAY_MS - (local % DAY_MS)
}

function untilNextMonth(at: Date): number {
  const local = new Date(at.getTime() + SHANGHAI_MS)
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth() + 1, 1) - local.getTime()
}
