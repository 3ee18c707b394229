/** `duoling wechaty`: the bridge to WeChat groups, a process of its own beside the server. It opens no database,
 *  and refuses to run in practice mode, where nothing may reach anybody. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Config, readConfig } from '../config.ts'
import { EnvironmentFault, errorCode } from '../kit/environment-fault.ts'
import { openWebClient } from '../kit/http.ts'
import { isRecord, jsonRecord } from '../kit/json-record.ts'
import { createLog, type Log } from '../kit/log.ts'
import { loadWechaty, type Told } from '../wechaty/connect.ts'
import { openSender } from '../wechaty/sender.ts'
import { type Bridge, type BridgeOptions, serveBridge } from '../wechaty/server.ts'
import { type BridgeSecrets, type BridgeSettings, readBridgeSettings } from '../wechaty/settings.ts'
import { readSettings } from './channel-settings.ts'
import {
  EXIT,
  explain,
  print,
  printJson,
  UsageFault,
  type Verb,
  type VerbRequest,
} from './command.ts'
import { aborted, stopSignal } from './stopping.ts'

const ROOMS = 'rooms'
const ROOMS_MS_MAX = 30_000
const ROOMS_BYTES_MAX = 4 * 1_024 * 1_024
/** Whoever draws the code out of the link; the link itself is what the phone reads. */
const DRAWING = 'https://wechaty.js.org/qrcode/'

export const wechaty: Verb = {
  name: 'wechaty',
  summary: '微信桥：在单独的进程里登录单位的微信账号，替服务往微信群发消息',
  words: 1,
  usage: '[rooms] --settings 微信桥.json [--json]',
  options: { settings: 'value' },
  async run(request) {
    const [word] = request.words
    if (word !== undefined && word !== ROOMS)
      throw new UsageFault(`没有“${word}”这种写法；列出群写 duoling wechaty rooms`)
    const config = readConfig(process.env, { cwd: process.cwd() })
    const given = await settingsOf(request, config)
    if (word === ROOMS) return listRooms(request, given)
    if (config.mode === 'practice') {
      process.stderr.write(
        '练习模式不连接真的微信，练习时微信群走人工代发。\n下一步：在正式库（duoling.config.json 里 mode 为 live）的文件夹里运行\n',
      )
      return EXIT.refused
    }
    const end = await serveUntilStopped(request, config, given).then(() => EXIT.ok, explain)
    // A puppet may leave timers and connections behind, also where the bridge could not be opened.
    process.exit(end)
  },
}

interface Given {
  readonly settings: BridgeSettings
  readonly secrets: BridgeSecrets
}

async function settingsOf({ values }: VerbRequest, config: Config): Promise<Given> {
  const file = values['settings']
  if (file === undefined) throw new UsageFault('请用 --settings 写明微信桥的设置文件')
  const read = readBridgeSettings(await readSettings(file), config.secret)
  if ('settings' in read) return read
  const lines = read.problems.map(({ field, text }) => `  ${field}：${text}`)
  throw new UsageFault(`${file} 里有 ${lines.length} 处要改：\n${lines.join('\n')}`)
}

async function serveUntilStopped(
  { json }: VerbRequest,
  { dataFolder }: Config,
  { settings, secrets }: Given,
): Promise<void> {
  const stopping = stopSignal()
  const folder = join(dataFolder, 'wechaty')
  enter(folder)
  const log = createLog({ to: join(dataFolder, 'wechaty.log') })
  process.on('unhandledRejection', (error) =>
    log.error({ code: errorCode(error) ?? 'unknown' }, 'unhandled'),
  )
  const { token } = secrets
  const puppet = await loadWechaty({
    puppet: settings.puppet,
    puppetOptions: { ...settings.puppetOptions, ...(token === undefined ? {} : { token }) },
    tell: (told) => tell(told, log, json),
  })
  const sender = openSender(puppet, settings, {
    now: () => performance.now(),
    chance: Math.random,
    pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
  })
  const bridge = await listen({ ...settings, secret: secrets.secret, puppet, sender })
  const facts = { pid: process.pid, url: bridge.url, puppet: settings.puppet }
  log.info(facts, 'started')
  if (json) printJson(facts)
  else print(welcome(facts.url, settings.puppet, join(dataFolder, 'wechaty.log')))
  // What was remembered of rooms is asked for anew: they may have been renamed meanwhile.
  rmSync(join(folder, '.wechaty'), { recursive: true, force: true })
  await Promise.race([puppet.start(), aborted(stopping)])
  await aborted(stopping)
  await sender.stop()
  await bridge.stop()
  await puppet.stop()
  log.info({}, 'stopped')
  if (!json) print('已停止。没有轮到的消息没有发出，服务会再试或改走人工代发。')
}

/** wechaty keeps its login beside the process and its cache in the home folder, under the token's own name: both
 *  stand in a folder of ours. */
function enter(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  process.chdir(folder)
  process.env['HOME'] = folder
  // Its own log repeats what it was given.
  process.env['WECHATY_LOG'] = 'silent'
  process.env['WECHATY_PUPPET_LRU_CACHE_SIZE_ROOM'] = '2000'
}

async function listen(options: BridgeOptions): Promise<Bridge> {
  const { host, port } = options
  try {
    return await serveBridge(options)
  } catch (error) {
    const taken = errorCode(error) === 'EADDRINUSE'
    throw new EnvironmentFault(
      {
        what: taken
          ? `端口 ${port} 已被别的程序占用`
          : `无法监听这个地址（${errorCode(error) ?? '原因不明'}）`,
        where: `${host}:${port}`,
        next: '停下占用它的程序（也许微信桥已经在运行），或在设置的 port、host 换一个',
      },
      { cause: error },
    )
  }
}

function tell(told: Told, log: Log, json: boolean): void {
  const { event, ...facts } = told
  log.info(facts, event)
  const text = inWords(told)
  if (!json && text !== undefined) print(text)
}

function inWords(told: Told): string | undefined {
  switch (told.event) {
    case 'scan':
      return `请用单位账号的手机扫码登录：${DRAWING}${encodeURIComponent(told.link)}`
    case 'login':
      return `微信账号已登录：${told.name}`
    case 'logout':
      return '微信账号已退出：消息不再从这里发出，改走人工代发。请等待新的扫码提示'
    case 'anew':
      return '微信服务没有应答，正在重新连接'
    case 'fault':
      return undefined
  }
}

function welcome(url: string, puppet: string, log: string): string {
  return [
    '微信桥已启动。',
    `  地址      ${url}`,
    `  puppet    ${puppet}`,
    `  日志      ${log}`,
    '停止：按 Ctrl+C。',
  ].join('\n')
}

/** What the running bridge sees, so that ids can be copied into the road's settings. */
async function listRooms({ json }: VerbRequest, { settings, secrets }: Given) {
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
  const url = `http://${host}:${settings.port}/v1/rooms`
  const web = openWebClient()
  const answer = await web
    .call({
      ...{ method: 'GET', url, timeoutMs: ROOMS_MS_MAX, bytesMax: ROOMS_BYTES_MAX },
      headers: { authorization: `Bearer ${secrets.secret}` },
    })
    .finally(() => web.close())
  const record = answer.kind === 'answer' ? jsonRecord(answer.body) : undefined
  const found = answer.kind === 'answer' && answer.status === 200 ? record?.['rooms'] : undefined
  if (!Array.isArray(found))
    throw new EnvironmentFault({
      what: whyNoRooms(answer.kind === 'answer' ? answer.status : undefined),
      where: url,
      next: '看运行 duoling wechaty 的终端或日志，处理后再试',
    })
  const rooms = found.filter(isRecord).map(({ id, topic }) => ({ id, topic }))
  if (json) printJson({ rooms })
  else for (const { id, topic } of rooms) print(`${plain(id)}\t${plain(topic)}`)
  return EXIT.ok
}

function whyNoRooms(status: number | undefined): string {
  if (status === undefined) return '连不上微信桥，它可能没有启动'
  if (status === 401) return '微信桥不认这个口令，两边的机密不一样'
  return status === 409 ? '微信账号没有登录，看不到群' : '微信服务没有应答，看不到群'
}

/** Anybody in a room may name it, also after what steers a terminal. */
function plain(text: unknown): string {
  return String(text).replace(/\p{C}/gu, '?').slice(0, 200)
}
