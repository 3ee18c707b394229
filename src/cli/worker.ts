/** `duoling worker`: sends beside the server, in a process of its own, as many as are started. It shows no
 *  page but those by which it is watched. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LANES, type Lane } from '../domain/bulletin.ts'
import { keepHeapSmall } from '../kit/small-heap.ts'
import { listen, runEngine } from '../node.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, openInstallation } from './installation.ts'
import { aborted, graceMsOf, stopEngine, stoppedInWords, stopSignal } from './stopping.ts'
import { healthOf } from './watching.ts'

export const worker: Verb = {
  name: 'worker',
  summary: '发送进程：与服务合用一个数据库，只分发、不开页面，可以开几个',
  usage: '[--lanes urgent,normal,bulk] [--connections 10] [--port 端口] [--grace 秒] [--json]',
  options: { lanes: 'value', connections: 'value', port: 'value', grace: 'value' },
  async run(request) {
    const lanes = lanesOf(request)
    const connectionsMax = numberOf(request, 'connections', { least: 2, most: 200 })
    const port = numberOf(request, 'port', { least: 0, most: 65_535 })
    const graceMs = graceMsOf(request)
    const stopping = stopSignal()
    keepHeapSmall()
    const installation = await openInstallation({
      ...{ environment: process.env, cwd: process.cwd(), mayBeEmpty: true },
      worker: { lanes, ...(connectionsMax === undefined ? {} : { connectionsMax }) },
    })
    const { app, config, where: database } = installation
    let left = 0
    try {
      pointToServer(installation)
      const health = healthOf(installation, { engine: true, own: true, stopping })
      const watched = port === undefined ? undefined : await listen(health, { ...config, port })
      try {
        const engine = await runEngine(app)
        const facts = {
          pid: process.pid,
          lanes,
          database,
          ...(watched ? { url: watched.url } : {}),
        }
        if (request.json) printJson(facts)
        else print(welcome(facts))
        await aborted(stopping)
        await engine.stop()
        const stopped = await stopEngine(app, graceMs)
        left = stopped.left
        if (!request.json) print(stoppedInWords(stopped))
      } finally {
        await watched?.close()
      }
    } finally {
      await installation.close()
    }
    // A call that still hangs would keep the process.
    if (left > 0) process.exit(EXIT.ok)
    return EXIT.ok
  },
}

function lanesOf({ values }: VerbRequest): readonly Lane[] {
  const text = values['lanes']
  if (text === undefined) return LANES
  const words = text.split(',').map((word) => word.trim())
  const lanes = LANES.filter((lane) => words.includes(lane))
  if (lanes.length === 0 || lanes.length !== new Set(words).size)
    throw new UsageFault(`--lanes 可写 ${LANES.join('、')}，用逗号隔开，例如 --lanes urgent,normal`)
  return lanes
}

function numberOf(
  { values }: VerbRequest,
  name: string,
  { least, most }: { readonly least: number; readonly most: number },
): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  const number = Number(text)
  if (!/^\d{1,5}$/.test(text) || number < least || number > most)
    throw new UsageFault(`--${name} 应为 ${least} 到 ${most} 的整数`)
  return number
}

/** Links in what is sent lead to the server's pages: where no address is written down, to the one it has. */
function pointToServer({ config, serveAt }: Installation): void {
  if (config.publicUrl !== undefined) return
  try {
    const { url } = JSON.parse(readFileSync(join(config.dataFolder, 'run.json'), 'utf8'))
    if (typeof url === 'string') serveAt(url)
  } catch {
    // No server on this machine: the address of the configuration stands.
  }
}

function welcome(facts: {
  readonly lanes: readonly Lane[]
  readonly database: string
  readonly url?: string
}): string {
  return [
    '发送进程已启动。',
    `  队列      ${facts.lanes.join('、')}`,
    `  数据库    ${facts.database}`,
    ...(facts.url === undefined ? [] : [`  监控      ${facts.url}/readyz`]),
    '停止：按 Ctrl+C。手上的发送会先收尾。',
  ].join('\n')
}
