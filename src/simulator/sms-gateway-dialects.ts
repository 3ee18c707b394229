/** The dialects of the SMS simulator: Kannel's `sendsms` (user guide 1.4.5), a JSON vendor with results a
 *  number, and an older form in GBK. Whoever cannot prove the account gets the vendor's refusal. */
import { decodeText, encodeText, formDecoded } from '../kit/charset.ts'
import { digestHex, signText } from '../kit/signing.ts'
import type { SmsFault, SmsWorld } from './sms-gateway-world.ts'

export interface SmsRequest {
  readonly method: string
  readonly path: string
  readonly url: URL
  readonly body: Uint8Array
}

export interface SmsAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

const MOBILE = /^1[3-9]\d{9}$/

export function isSend(path: string): boolean {
  return path.endsWith('sendsms') || path.endsWith('/send')
}

export function answerOf(world: SmsWorld, request: SmsRequest): SmsAnswer {
  if (request.method === 'HEAD') return plain(404, '')
  if (request.path === '/cgi-bin/sendsms') return kannel(world, request)
  if (request.path === '/form/send') return form(world, request)
  return json(world, request)
}

function plain(status: number, body: string): SmsAnswer {
  return { status, contentType: 'text/html', body }
}

/** The fault as it meets this number. */
function met({ fault, only }: SmsWorld, number: string, place: number): SmsFault {
  if (fault === 'partial') return place % 2 === 1 ? 'refuse-recipient' : 'none'
  return only(number) ? fault : 'none'
}

/** 202 and a status text, or 4xx and a sentence; numbers are separated by spaces. */
function kannel(world: SmsWorld, { url }: SmsRequest): SmsAnswer {
  const given = formDecoded(url.search.slice(1), 'utf-8')
  const { username, password, to = '', text = '', from } = given
  const { account, fault } = world
  const known = username === account.user && password === account.secret
  if (!known || fault === 'account') return plain(403, 'Authorization failed for sendsms')
  if (!from) return plain(400, 'Sender missing and no global set, rejected')
  const numbers = to.split(' ').filter(Boolean)
  const [first] = numbers
  if (first === undefined) return plain(400, 'Missing receiver number, rejected')
  const fate = met(world, first, 0)
  if (fate === 'retry') return plain(503, 'Temporal failure, try again later.')
  if (fate === 'refuse-recipient')
    return plain(403, 'Number(s) has/have been denied by white- and/or black-lists.')
  if (fate === 'refuse-message') return plain(400, 'Tried to set Coding field, denied.')
  if (fate === 'unknown-code') return plain(400, 'Something nobody wrote down')
  const callback = given['dlr-url']
  const key =
    new URLSearchParams(callback?.split('?')[1]).get('reference') ?? digestHex('sha1', text)
  for (const number of numbers)
    world.take({ key, number, text, fields: given, ...(callback ? { callback } : {}) })
  return plain(
    202,
    world.accepted % 2 === 0 ? '3: Queued for later delivery' : '0: Accepted for delivery',
  )
}

type Tree = Readonly<Record<string, unknown>>

function json(world: SmsWorld, request: SmsRequest): SmsAnswer {
  const given = treeOf(request.body)
  const say = (tree: Tree): SmsAnswer => ({
    ...{ status: 200, contentType: 'application/json' },
    body: JSON.stringify(tree),
  })
  if (!given) return { ...say({ code: 9001 }), status: 400 }
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : '')
  const signed = `${text('account')}\n${text('timestamp')}\n${text('nonce')}`
  const recipe = { algorithm: 'hmac-sha256', encoding: 'hex' } as const
  const known =
    text('account') === world.account.user &&
    text('sign') === signText(recipe, signed, world.account.secret)
  if (!known) return say({ code: 1001, message: 'bad signature' })
  switch (request.path) {
    case '/send':
      return say(jsonSend(world, given, text))
    case '/reports':
      return say({ code: 0, reports: world.reports.splice(0, 100) })
    case '/replies':
      return say({ code: 0, replies: world.replies.splice(0, 100) })
    case '/balance':
      return say({ code: 0, parts: world.balance })
    case '/query': {
      const found = world.messages.filter(({ key }) => key === text('clientId'))
      return say({ code: 0, results: found.map(({ number, id }) => ({ number, id })) })
    }
    default:
      return { ...say({ code: 404 }), status: 404 }
  }
}

const WHOLE_CODES: Partial<Record<SmsFault, number>> = {
  account: 1001,
  balance: 1003,
  'refuse-message': 3001,
  'unknown-code': 7777,
  retry: 4001,
}

function jsonSend(world: SmsWorld, given: Tree, text: (name: string) => string): Tree {
  const refused = WHOLE_CODES[world.fault]
  if (refused !== undefined) return { code: refused, message: 'refused' }
  const list = given['numbers']
  const numbers = (Array.isArray(list) ? list.map(String) : text('numbers').split(',')).filter(
    Boolean,
  )
  const key = text('clientId') || digestHex('sha1', text('text'))
  const before = world.messages.find((one) => one.key === key)
  if (world.dedupes && before) return { code: 5001, id: before.id }
  const results = numbers.map((number, place) => {
    if (!MOBILE.test(number)) return { number, code: 2001 }
    if (met(world, number, place) === 'refuse-recipient') return { number, code: 2002 }
    return { number, code: 0, id: world.take({ key, number, text: text('text'), fields: given }) }
  })
  return { code: 0, id: `B${world.accepted}`, results }
}

function treeOf(body: Uint8Array): Tree | undefined {
  try {
    const tree: unknown = JSON.parse(decodeText(body, 'utf-8'))
    return typeof tree === 'object' && tree !== null ? (tree as Tree) : undefined
  } catch {
    return undefined
  }
}

const FORM_CODES: Partial<Record<SmsFault, string>> = {
  account: '-1',
  balance: '-2',
  'refuse-message': '-3',
  'refuse-recipient': '-3',
  'unknown-code': '-77',
  retry: '-4',
}

/** The whole body is a form whose percent signs stand for bytes of GBK. */
function form(world: SmsWorld, { body }: SmsRequest): SmsAnswer {
  const given = formDecoded(decodeText(body, 'gbk'), 'gbk')
  const { user = '', password = '', timestamp = '', mobiles = '', content = '' } = given
  const say = (text: string): SmsAnswer => ({
    ...{ status: 200, contentType: 'text/plain; charset=gbk' },
    body: encodeText(text, 'gbk'),
  })
  const { account, fault } = world
  const expected = digestHex('md5', `${account.user}${account.secret}${timestamp}`)
  if (user !== account.user || password !== expected) return say('-1:账号或密码错误')
  const refused = FORM_CODES[fault]
  if (refused !== undefined) return say(`${refused}:拒绝`)
  const key = digestHex('sha1', `${mobiles} ${content}`)
  for (const number of mobiles.split(',').filter(Boolean))
    world.take({ key, number, text: content, fields: given })
  return say(`ok:${key}`)
}
