/** What the SMS simulator says later: receipts and replies, pushed with the vendor's proof or kept to be
 *  fetched once. Nothing is sent anywhere but to the callback it was given. */
import { signText } from '../kit/signing.ts'
import type { SmsMessage, SmsWorld } from './sms-gateway-world.ts'

type State = 'delivered' | 'failed'

export async function pushReceipts(
  world: SmsWorld,
  state: State,
  only: (message: SmsMessage) => boolean,
): Promise<number[]> {
  const some = world.open.filter(only)
  for (const message of some) world.open.splice(world.open.indexOf(message), 1)
  const times = world.fault === 'duplicate-receipts' ? 2 : 1
  const statuses: number[] = []
  const records = []
  for (const message of some) {
    if (message.callback === undefined) records.push(recordOf(message, state))
    else
      for (let time = 0; time < times; time++)
        statuses.push(await statusOf(fetch(kannelUrl(message.callback, message, state))))
  }
  if (records.length === 0) return statuses
  if (world.callback === undefined) world.reports.push(...records)
  else
    for (let time = 0; time < times; time++)
      statuses.push(await push(world, world.callback, { reports: records }))
  return statuses
}

export async function pushReply(
  world: SmsWorld,
  number: string,
  text: string,
): Promise<number | undefined> {
  const record = { number, text, id: `R${world.accepted}-${world.replies.length}-${text.length}` }
  if (world.callback !== undefined) return push(world, world.callback, { replies: [record] })
  world.replies.push(record)
  return undefined
}

function recordOf({ id, number }: SmsMessage, state: State): Readonly<Record<string, string>> {
  return {
    ...{ id, number, state: state === 'delivered' ? 'DELIVRD' : 'UNDELIV' },
    ...{ code: state === 'delivered' ? '000' : 'MK:0001', time: '2026-07-01 09:08:00' },
  }
}

/** The escapes of Kannel's `dlr-url`: %d what became of it, %p the number, %T the time in seconds. */
function kannelUrl(template: string, { number }: SmsMessage, state: State): string {
  const escapes: Readonly<Record<string, string>> = {
    '%d': state === 'delivered' ? '1' : '2',
    '%p': number,
    '%T': '1782868080',
  }
  return template.replace(/%[dpT]/g, (mark) => escapes[mark] ?? mark)
}

async function push(world: SmsWorld, url: string, tree: unknown): Promise<number> {
  const body = JSON.stringify(tree)
  const timestamp = '1782868080'
  const recipe = { algorithm: 'hmac-sha256', encoding: 'hex' } as const
  const signature = signText(recipe, `${timestamp}\n${body}`, world.account.secret)
  const headers = {
    ...{ 'content-type': 'application/json', 'x-timestamp': timestamp },
    'x-signature': signature,
  }
  return statusOf(fetch(url, { method: 'POST', headers, body }))
}

/** 0 when nobody answered. */
async function statusOf(asked: Promise<Response>): Promise<number> {
  try {
    const response = await asked
    await response.arrayBuffer()
    return response.status
  } catch {
    return 0
  }
}
