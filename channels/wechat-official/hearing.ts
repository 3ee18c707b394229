/** What the platform calls us with: the check of the address, the end of a send, the end of a publication.
 *  Nothing is heard of a call whose signature does not hold, or that is sealed for another account.
 *  Source: 公众号文档, 接收消息 and 消息加解密; events of the pages sendAll and freepublish_submit. */
import { XMLParser } from 'fast-xml-parser'
import { isWechatSignature, openWechat } from '../../src/kit/wechat-crypto.ts'
import type { Heard, Toolbox } from '../channel.ts'
import { PUBLISH_STATES, REVIEW_CODES } from './codes.ts'
import type { Secrets } from './settings.ts'

const CALLBACK_BYTES_MAX = 1024 * 1024
const ECHO_CHARACTERS_MAX = 200
const REFERENCE = /^[\w.-]{1,128}$/
/** deeper than anything the platform sends */
const DEPTH_MAX = 12
const SUCCESS = 'success'

const xml = new XMLParser({
  // A number of nineteen digits would lose its last ones.
  ...{ ignoreAttributes: true, parseTagValue: false, trimValues: true, maxNestedTags: DEPTH_MAX },
})

export interface Listening {
  readonly appId: string
  readonly secrets: Secrets
  readonly tools: Pick<Toolbox, 'log'>
}

/** @returns the platform's answer, to be given once what was heard is stored */
export async function answerCallback(
  { appId, secrets, tools }: Listening,
  request: Request,
): Promise<{ heard: readonly Heard[]; response: Response }> {
  const refuse = (status: number, code: string, text: string) => {
    tools.log('wechat-official-callback', { code, status })
    return { heard: [], response: plain(text, status) }
  }
  const query = new URL(request.url).searchParams
  const { token, aesKey } = secrets
  const signed = [token ?? '', query.get('timestamp') ?? '', query.get('nonce') ?? '']
  const notGenuine = () =>
    refuse(403, 'not-genuine', '验证没有通过，请核对 Token 和 EncodingAESKey')
  if (request.method === 'GET') {
    const echo = query.get('echostr') ?? ''
    const genuine = token && isWechatSignature(query.get('signature'), signed)
    if (!genuine || !/^[\w+/=-]+$/.test(echo) || echo.length > ECHO_CHARACTERS_MAX)
      return notGenuine()
    return { heard: [], response: plain(echo, 200) }
  }
  const body = await bodyOf(request)
  if (body === undefined) return refuse(413, 'too-long', '回调内容超过 1 MB')
  let tree = treeOf(body)
  if (aesKey) {
    const sealed = memberText(tree, 'Encrypt') ?? ''
    // What stands open beside it (兼容模式) is not covered by this signature and not read.
    if (!token || !isWechatSignature(query.get('msg_signature'), [...signed, sealed]))
      return notGenuine()
    const opened = openWechat(aesKey, sealed)
    if (opened?.id !== appId) return notGenuine()
    tree = treeOf(opened.message)
  } else if (!token || !isWechatSignature(query.get('signature'), signed)) return notGenuine()
  if (tree === undefined) return refuse(400, 'unreadable', '看不懂回调内容')
  return { heard: heardIn(tree), response: plain(SUCCESS, 200) }
}

function plain(text: string, status: number): Response {
  return new Response(text, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  })
}

/** What followers write, and events of other kinds, are no business of this channel. */
export function heardIn(tree: unknown): readonly Heard[] {
  switch (memberText(tree, 'Event')?.toUpperCase()) {
    case 'MASSSENDJOBFINISH': {
      const said = memberText(tree, 'Status') ?? ''
      const state = said.toLowerCase() === 'send success' ? 'delivered' : 'failed'
      const id = memberText(tree, 'MsgID') ?? memberText(tree, 'MsgId')
      const articles = articlesIn(tree)
      // One that stood alone is called by the send itself.
      const references = articles > 1 ? placesOf(id, articles) : [id]
      return references.flatMap((one) => receiptOf(tree, one, { state, code: said }))
    }
    case 'PUBLISHJOBFINISH': {
      const event = memberOf(tree, 'PublishEventInfo')
      const status = memberText(event, 'publish_status') ?? ''
      const state = Object.hasOwn(PUBLISH_STATES, status) ? PUBLISH_STATES[status] : undefined
      if (state === undefined) return []
      const code = `publish-${status}`
      return receiptOf(tree, memberText(event, 'publish_id'), { state, code })
    }
    default:
      return []
  }
}

/** The platform says none where the send failed; the others are asked about then. */
function articlesIn(tree: unknown): number {
  const count = memberText(memberOf(tree, 'ArticleUrlResult'), 'Count') ?? ''
  return /^[1-8]$/.test(count) ? Number(count) : 1
}

function placesOf(id: string | undefined, articles: number): readonly (string | undefined)[] {
  return Array.from({ length: articles }, (_, index) => id && `${id}_${index + 1}`)
}

function receiptOf(
  tree: unknown,
  reference: string | undefined,
  { state, code }: { readonly state: 'delivered' | 'failed'; readonly code: string },
): readonly Heard[] {
  if (reference === undefined || !REFERENCE.test(reference)) return []
  const seconds = memberText(tree, 'CreateTime') ?? ''
  const at = /^\d{1,11}$/.test(seconds) ? new Date(Number(seconds) * 1_000) : undefined
  const tidy = code.replace(/[^\w() .-]/g, '').slice(0, 60)
  const why = Object.hasOwn(REVIEW_CODES, tidy) ? ` ${REVIEW_CODES[tidy]}` : ''
  return [
    {
      ...{ kind: 'receipt', reference, state },
      ...(tidy === '' ? {} : { code: `${tidy}${why}` }),
      ...(at ? { at } : {}),
    },
  ]
}

function treeOf(text: string): unknown {
  // A document type can define entities that grow without bound.
  if (/<!DOCTYPE/i.test(text)) return undefined
  try {
    const tree: unknown = xml.parse(text)
    const root = memberOf(tree, 'xml')
    return typeof root === 'object' ? root : undefined
  } catch {
    return undefined
  }
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  const found: unknown = Object.entries(value).find(([key]) => key === name)?.[1]
  // A repeated element is a list.
  return Array.isArray(found) ? found[0] : found
}

function memberText(value: unknown, name: string): string | undefined {
  const found = memberOf(value, name)
  return typeof found === 'string' ? found : undefined
}

/** Undefined when it is longer than anybody honest would send. */
async function bodyOf(request: Request): Promise<string | undefined> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of request.body ?? []) {
    bytes += chunk.length
    if (bytes > CALLBACK_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
