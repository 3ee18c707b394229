/** 20,000 mails, each its own message with its recipient's line in the log, against nodemailer's bare pool
 *  with as many connections to the same server. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { email } from '../../channels/email.ts'
import { fill } from '../../src/domain/payload.ts'
import { startMailSimulator } from '../../src/simulator/mail.ts'
import { addPeopleTo, channelTo, openTestInstallation } from '../support/installation.ts'
import { openTemporaryServer } from '../support/temporary-database.ts'
import type { Figure } from './figure.ts'
import { measured } from './process.ts'
import { type Measure, type Report, reportOf, takeTurns } from './report.ts'

const COUNT = 20_000
const ROUNDS = 3
const CONNECTIONS = 5
const MESSAGES_PER_CONNECTION = 100
const FROM = 'office@practice.example'
const TEXT = '高温天气请各企业加强危险化学品储存场所的巡查，发现异常立即处置并报告。'.repeat(12)

const settingsFor = (port: number) => ({
  ...{ host: '127.0.0.1', port, security: 'none', from: FROM, connections: CONNECTIONS },
  messagesPerConnection: MESSAGES_PER_CONNECTION,
})

export async function email20k(): Promise<Report> {
  const letter = await sampleLetter()
  const server = await openTemporaryServer()
  const mail = spawn(process.execPath, [join(import.meta.dirname, 'mail-server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  try {
    const port = await numberFrom(mail)
    const database = await server.create()
    const { hubUrl, folder } = database
    const installation = await openTestInstallation(database, {
      ...{ adapters: [email], queue: false, audiences: ['mailing'] },
      channels: [channelTo('email', 'mailbox', 'email', settingsFor(port))],
    })
    await addPeopleTo(installation, 'mailing', 'mailbox', { from: 0, count: COUNT })
    const { app, ...people } = installation
    await app.close()
    const orders = { hubUrl, folder, people, channelId: 'email', audience: 'mailing', text: TEXT }
    const floor = { ...floorOrders(letter, port), count: COUNT }
    const states: Figure['states'][] = []
    const measures = await takeTurns(
      ROUNDS,
      async () => {
        const figure = await measured<Figure>('figure.ts', orders)
        states.push(figure.states)
        return figure
      },
      () => measured<Measure>('floor-mail.ts', floor),
    )
    await database.drop()
    mail.stdin?.write('\n')
    const taken = await numberFrom(mail)
    return reportOf('email-20k', COUNT, measures, {
      ...{ recipients: COUNT, connections: CONNECTIONS, database: server.kind, states, taken },
      messageBytes: { figure: letter.bytes, floor: await floorBytes(letter) },
    })
  } finally {
    mail.kill()
    await server.remove()
  }
}

async function numberFrom(child: ChildProcess): Promise<number> {
  if (!child.stdout) throw new Error('the mail server has no output')
  const [text] = await once(child.stdout, 'data')
  return Number(String(text))
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
