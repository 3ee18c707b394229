/** 20,000 mails, each its own message with its recipient's line in the log, against nodemailer's bare pool
 *  with as many connections to the same server. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { email } from '../../channels/email.ts'
import { fill } from '../../src/domain/payload.ts'
import { startMailSimulator } from '../../src/simulator/mail.ts'
import { channelTo } from '../support/installation.ts'
import { slowdown } from './fanout.ts'
import type { Figure } from './figure.ts'
import type { MailCounts, MailOrders } from './mail-server.ts'
import { type BenchOptions, ROUNDS } from './options.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'
import { onStage, type Stage } from './stage.ts'

const COUNT = 20_000
const CONNECTIONS = 5
const MESSAGES_PER_CONNECTION = 100
const FROM = 'office@practice.example'
const TEXT = '高温天气请各企业加强危险化学品储存场所的巡查，发现异常立即处置并报告。'.repeat(12)

const settingsFor = (port: number) => ({
  ...{ host: '127.0.0.1', port, security: 'none', from: FROM, connections: CONNECTIONS },
  messagesPerConnection: MESSAGES_PER_CONNECTION,
})

export async function mail20k(options: BenchOptions): Promise<Report> {
  const mail = fork(join(import.meta.dirname, 'mail-server.ts'))
  try {
    const { port } = await said<{ port: number }>(mail)
    return await onStage((stage) => mailOn(stage, { mail, port }, options))
  } finally {
    mail.kill()
  }
}

interface MailServer {
  readonly mail: ChildProcess
  readonly port: number
}

async function mailOn(stage: Stage, { mail, port }: MailServer, options: BenchOptions) {
  const { count = COUNT, rounds = ROUNDS, faults } = options
  const letter = await sampleLetter()
  const { database: _, ...place } = await stage.found(
    [channelTo('email', 'mailbox', 'email', settingsFor(port))],
    { mailing: { kind: 'mailbox', count } },
  )
  const orders = { ...place, channelIds: ['email'], audience: 'mailing', text: TEXT }
  const floor = { ...floorOrders(letter, port), count }
  const seen: Figure[] = []
  const took: { figure?: MailCounts; floor?: MailCounts } = {}
  const counted = async <T>(who: 'figure' | 'floor', run: () => Promise<T>, faultPercent = 0) => {
    await ask(mail, { faultPercent })
    const measure = await run()
    const counts = await ask(mail, { faultPercent: 0 })
    if (counts.distinct !== count || counts.doubled !== 0)
      throw new Error(`${who}: ${counts.distinct} of ${count} reached, ${counts.doubled} twice`)
    took[who] = counts
    return measure
  }
  const figure = (faultPercent = 0) =>
    counted('figure', () => measured<Figure>('figure.ts', orders), faultPercent)
  const measures = await takeTurns(
    rounds,
    async () => {
      const one = await figure()
      seen.push(one)
      return one
    },
    () => counted('floor', () => measured<Measure>('floor-mail.ts', floor)),
  )
  return reportOf('mail-20k', count, measures, {
    ...{ recipients: count, connections: CONNECTIONS, database: stage.server.kind, sink: took },
    states: seen.map((one) => one.states),
    messageBytes: { figure: letter.bytes, floor: await floorBytes(letter) },
    ...(faults ? { faults: slowdown(faults, await figure(faults), measures.figures) } : {}),
  })
}

async function said<T>(child: ChildProcess): Promise<T> {
  return (await once(child, 'message'))[0] as T
}

function ask(mail: ChildProcess, orders: MailOrders): Promise<MailCounts> {
  const answer = said<MailCounts>(mail)
  mail.send(orders)
  return answer
}

interface Letter {
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly bytes: number
}

/** One letter of the adapter as it goes over the wire, so that the floor can send the same. */
async function sampleLetter(): Promise<Letter> {
  const simulator = await startMailSimulator({ keepMax: 1 })
  const nothing = () => {
    throw new Error('a letter without attachments needs no tools')
  }
  const tools = { secret: nothing, pages: nothing, blobs: nothing, log: () => {} }
  const channel = email.create(settingsFor(simulator.port), tools as never)
  const { payload } = channel.render({
    agency: { id: 1, name: '桐乡市安全生产监督管理局', shortName: '市安监局' },
    ...{ bulletinId: 1, category: { id: 'notice', name: '通知公告' }, mode: 'earnest' },
    ...{ level: 'routine', title: '安全生产风险提示', act: 'notify' },
    ...{ blocks: [{ kind: 'paragraph', text: TEXT }], attachments: [], metadata: {}, entries: [] },
  })
  const filled = fill(payload, { 'published-at': '2026-11-25 10:00' })
  if ('refusal' in filled) throw new Error(`the letter was refused: ${filled.refusal.code}`)
  const recipient = { key: '1.1.100000', address: 'unit00000000@practice.example' }
  await channel.send(
    {
      ...{ key: '1.1.1', agencyId: 1, bulletinId: 1, categoryId: 'notice', act: 'notify' },
      ...{ mode: 'earnest', fields: filled.fields, recipients: [recipient], attachments: [] },
      at: new Date(),
    },
    AbortSignal.timeout(10_000),
  )
  await channel.close()
  const bytes = Buffer.byteLength(simulator.messages()[0]?.text ?? '')
  await simulator.stop()
  const { subject = '', text = '', html = '' } = filled.fields
  return { subject, text, html, bytes }
}

function floorOrders({ subject, text, html }: Letter, port: number) {
  return {
    ...{ port, connections: CONNECTIONS, messagesPerConnection: MESSAGES_PER_CONNECTION },
    ...{ from: FROM, subject, text, html },
  }
}

async function floorBytes(letter: Letter): Promise<number> {
  const simulator = await startMailSimulator({ keepMax: 1 })
  await measured('floor-mail.ts', { ...floorOrders(letter, simulator.port), count: 1 })
  const bytes = Buffer.byteLength(simulator.messages()[0]?.text ?? '')
  await simulator.stop()
  return bytes
}
