/** A WeChat official account on the loopback, with faults to set: it takes drafts, publications and sends,
 *  waits for a tap or a review where told to, and calls back, open or sealed. It tells nobody outside. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { sealWechat, wechatKey, wechatSignature } from '../kit/wechat-crypto.ts'
import { serveOnLoopback } from './loopback.ts'
import {
  answerCall,
  articleUrl,
  type MassJob,
  type OfficialAccount,
  type OfficialCall,
  type OfficialWorld,
  type PublishJob,
  refusal,
} from './wechat-official-world.ts'

/** `drop-before` and the refusals take nothing; `drop-after`, `stall` and `server-error` have taken the call
 *  when they happen. */
export const OFFICIAL_FAULTS = [
  'none',
  'refuse',
  'rate-limited',
  'busy',
  'too-soon',
  'no-permission',
  'not-listed',
  'server-error',
  'drop-before',
  'drop-after',
  'stall',
  'garbage',
  'strange-code',
] as const
export type OfficialFault = (typeof OFFICIAL_FAULTS)[number]

export interface OfficialSimulatorOptions {
  readonly account: OfficialAccount
  /** 0 takes any free port */
  readonly port?: number
  readonly protection?: boolean
  readonly slowReview?: boolean
  readonly sendsLeft?: number
  /** permanent materials that lie there already */
  readonly materials?: readonly string[]
  /** where events go, and how they are signed and sealed */
  readonly callback?: {
    readonly url: string
    readonly token: string
    /** 安全模式 */
    readonly encodingAesKey?: string
  }
}

export interface OfficialSimulator {
  readonly port: number
  readonly base: string
  readonly world: OfficialWorld
  /** `only` says which paths meet the fault; publishing and sending when it is left out */
  setFault(fault: OfficialFault, only?: (path: string) => boolean): void
  /** the paths of all calls, in order */
  calls(): readonly string[]
  /** what the platform says of a publication; tells the callback, `times` times */
  finishPublication(job: PublishJob, status: number, times?: number): Promise<readonly number[]>
  /** the administrator's tap, the refusal, or a word of the review such as `err(20008)` */
  finishSend(job: MassJob, said: string, times?: number): Promise<readonly number[]>
  /** ends the token everywhere, as time does */
  expireToken(): void
  stop(): Promise<void>
}

const BODY_BYTES_MAX = 16 * 1024 * 1024
const ACTS = ['freepublish/submit', 'message/mass/sendall']
const EVENT_SECONDS = 1_782_868_080

export async function startOfficialSimulator(
  options: OfficialSimulatorOptions,
): Promise<OfficialSimulator> {
  const isAct = (path: string) => ACTS.includes(path)
  const faults = { fault: 'none' as OfficialFault, only: isAct }
  const calls: string[] = []
  const loopback = await serveOnLoopback((request, response) => void hear(request, response), {
    port: options.port,
  })
  const { port } = loopback
  const base = `http://127.0.0.1:${port}`
  const world = worldOf(options, base)

  async function hear(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await callOf(request, base)
    if (!call) return void request.socket.destroy()
    calls.push(call.path)
    const fault = faults.only(call.path) ? faults.fault : 'none'
    if (fault === 'drop-before') return void request.socket.destroy()
    const answer = before(fault) ?? answerCall(world, call)
    if (fault === 'drop-after') return void request.socket.destroy()
    if (fault === 'stall') return
    if (fault === 'server-error') return say(response, 502, 'bad gateway')
    say(response, 200, typeof answer === 'string' ? answer : JSON.stringify(answer))
  }

  const tell = async (event: string, times: number): Promise<readonly number[]> => {
    const statuses: number[] = []
    for (let time = 0; options.callback && time < times; time++)
      statuses.push(await statusOf(eventRequest(options.callback, options.account.appId, event)))
    return statuses
  }

  return {
    ...{ port: port, base, world, calls: () => calls },
    setFault(fault, only = isAct) {
      faults.fault = fault
      faults.only = only
    },
    finishPublication(job, status, times = 1) {
      job.status = status
      return tell(publishEvent(world, job), times)
    },
    finishSend(job, said, times = 1) {
      job.status = said === 'send success' ? 'SEND_SUCCESS' : 'SEND_FAIL'
      return tell(massEvent(job, said), times)
    },
    expireToken() {
      world.token = `token-${world.next++}`
    },
    stop: () => loopback.stop(),
  }
}

function worldOf(options: OfficialSimulatorOptions, origin: string): OfficialWorld {
  return {
    ...{ account: options.account, origin, token: 'token-0', next: 1 },
    ...{ protection: options.protection ?? false, slowReview: options.slowReview ?? false },
    ...{ sendsLeft: options.sendsLeft ?? 1_000, refusedTitles: new Set() },
    ...{ pictures: new Map(), drafts: new Map(), publications: [], sends: [], previews: [] },
    materials: new Map((options.materials ?? []).map((id) => [id, new Uint8Array()])),
    taken: [],
  }
}

/** What a fault answers before the call is taken. */
function before(fault: OfficialFault): object | string | undefined {
  switch (fault) {
    case 'refuse':
      return refusal(53503, 'draft did not pass the check')
    case 'rate-limited':
      return refusal(45011, 'api minute-quota reach limit, must slower retry next minute')
    case 'busy':
      return refusal(-1, 'system error')
    case 'too-soon':
      return refusal(45066, 'same clientmsgid retry too fast')
    case 'no-permission':
      return refusal(48001, 'api unauthorized')
    case 'not-listed':
      return refusal(40164, 'invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist')
    case 'strange-code':
      return refusal(99_999, 'never heard of')
    case 'garbage':
      return '\u0000<<<{"errcode": is this'
    default:
      return undefined
  }
}

async function callOf(request: IncomingMessage, base: string): Promise<OfficialCall | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of request) {
      const part = Buffer.from(chunk)
      bytes += part.length
      if (bytes > BODY_BYTES_MAX) return undefined
      chunks.push(part)
    }
  } catch {
    return undefined
  }
  const url = new URL(request.url ?? '/', base)
  return {
    ...{ path: url.pathname.replace(/^\/cgi-bin\//, ''), query: url.searchParams },
    ...{ body: Buffer.concat(chunks), contentType: request.headers['content-type'] ?? '' },
  }
}

function say(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json; encoding=utf-8' })
  response.end(body)
}

function eventXml(event: string, inside: string): string {
  return `<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oR5Gjjl_eiZoUpGozMo7dbBJ362A]]></FromUserName><CreateTime>${EVENT_SECONDS}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[${event}]]></Event>${inside}</xml>`
}

export function publishEvent(world: OfficialWorld, job: PublishJob): string {
  const { id, status, articleId } = job
  const good = `<article_id><![CDATA[${articleId}]]></article_id><article_detail><count>1</count><item><idx>1</idx><article_url><![CDATA[${articleUrl(world, job)}]]></article_url></item></article_detail>`
  const inside = `<publish_id>${id}</publish_id><publish_status>${status}</publish_status>${status === 0 ? good : '<fail_idx>1</fail_idx>'}`
  return eventXml('PUBLISHJOBFINISH', `<PublishEventInfo>${inside}</PublishEventInfo>`)
}

export function massEvent(
  { id, articles = [] }: Pick<MassJob, 'id'> & Partial<MassJob>,
  said: string,
): string {
  const count = said === 'send success' ? 4 : 0
  const items = articles.map(
    (_, index) =>
      `<item><ArticleIdx>${index + 1}</ArticleIdx><ArticleUrl><![CDATA[http://mp.weixin.qq.com/s/${id}${index}]]></ArticleUrl></item>`,
  )
  return eventXml(
    'MASSSENDJOBFINISH',
    `<MsgID>${id}</MsgID><Status><![CDATA[${said}]]></Status><TotalCount>4</TotalCount><FilterCount>${count}</FilterCount><SentCount>${count}</SentCount><ErrorCount>0</ErrorCount><CopyrightCheckResult><Count>0</Count><ResultList></ResultList><CheckState>1</CheckState></CopyrightCheckResult><ArticleUrlResult><Count>${items.length}</Count><ResultList>${items.join('')}</ResultList></ArticleUrlResult>`,
  )
}

/** 明文模式, or 安全模式 where there is a key. */
export function eventRequest(
  {
    url,
    token,
    encodingAesKey,
  }: { readonly url: string; readonly token: string; readonly encodingAesKey?: string },
  appId: string,
  event: string,
): Request {
  const timestamp = String(EVENT_SECONDS)
  const nonce = '1320562132'
  const address = new URL(url)
  const set = (values: Readonly<Record<string, string>>) => {
    for (const [name, value] of Object.entries(values)) address.searchParams.set(name, value)
  }
  set({ signature: wechatSignature([token, timestamp, nonce]), timestamp, nonce })
  const headers = { 'content-type': 'text/xml' }
  const key = encodingAesKey === undefined ? undefined : wechatKey(encodingAesKey)
  if (!key) return new Request(address, { method: 'POST', headers, body: event })
  const sealed = sealWechat(key, event, appId)
  const msg_signature = wechatSignature([token, timestamp, nonce, sealed])
  set({ encrypt_type: 'aes', msg_signature })
  const body = `<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`
  return new Request(address, { method: 'POST', headers, body })
}

/** 0 when nobody answered. */
async function statusOf(request: Request): Promise<number> {
  try {
    const response = await fetch(request)
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}
