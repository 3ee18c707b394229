/** `duoling serve`: the hub with its public pages. `npm start` is this. */
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Hono } from 'hono'
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import { blobFolder, readUnsubscribeToken } from '../app.ts'
import { ROLE_NAMES } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { apiRoutes } from '../http/api/api.ts'
import { callbackRoutes } from '../http/callbacks.ts'
import { type FirstRunFacts, firstRunRoutes } from '../http/first-run.ts'
import { signOffRoutes } from '../http/sign/sign-off.ts'
import { unsubscribeRoutes } from '../http/unsubscribe.ts'
import type { AccountRow } from '../hub/ports/accounts.ts'
import { hmacSha256 } from '../kit/hash.ts'
import { keepHeapSmall } from '../kit/small-heap.ts'
import { type Listening, listen, runEngine } from '../node.ts'
import { createPortal } from '../portal/portal.ts'
import { openAnswers } from '../store/accounts/answers.ts'
import { openPins } from '../store/accounts/pins.ts'
import { folderBlobs } from '../store/blobs.ts'
import { agencies, peopleInOffice, roadsOnFile } from '../store/registry.ts'
import { accountsOf, apiKeysOf, ensurePracticeAccounts, firstPassword } from './accounts.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { agencyOf, type Installation, openInstallation } from './installation.ts'
import { readOfficeText } from './office-text.ts'
import { aborted, graceMsOf, stopEngine, stoppedInWords, stopSignal } from './stopping.ts'
import { healthOf, type Standing } from './watching.ts'

export const serve: Verb = {
  name: 'serve',
  summary: '启动服务：公开页面、分发、人工代发、统计',
  usage: '[--no-engine] [--grace 秒] [--agency 编号] [--json]',
  options: { agency: 'value', grace: 'value', 'no-engine': 'flag' },
  async run(request) {
    const { json } = request
    const engine = !request.flags['no-engine']
    const graceMs = graceMsOf(request)
    const stopping = stopSignal()
    keepHeapSmall()
    const installation = await openInstallation({
      ...{ environment: process.env, cwd: process.cwd(), serve: true },
      ...agencyOf(request),
    })
    const token = randomBytes(24).toString('base64url')
    let left = 0
    try {
      const { config } = installation
      await ensurePracticeAccounts(installation)
      const standing = { engine, own: false, stopping }
      const listening = await listen(routesOf(installation, token, standing), config)
      installation.serveAt(config.publicUrl ?? listening.url)
      let signing: Listening | undefined
      const run = join(config.dataFolder, 'run.json')
      const firstRunUrl = `${listening.url}/first-run/${token}`
      try {
        signing = await listenForSigning(installation, standing)
        const { url } = listening
        const { where: database } = installation
        const sign = signing ? { signUrl: signing.url } : {}
        const facts = { pid: process.pid, url, firstRunUrl, database, ...sign }
        writeFileSync(run, `${JSON.stringify(facts)}\n`, { mode: 0o600 })
        const running = engine ? await runEngine(installation.app) : undefined
        if (json) printJson(facts)
        else print(welcome(installation, { url, firstRunUrl, engine, signing }))
        await aborted(stopping)
        if (!json) print('正在停止：等手上的发送完成……')
        await running?.stop()
        const stopped = await stopEngine(installation.app, graceMs)
        left = stopped.left
        if (!json && engine) print(stoppedInWords(stopped))
      } finally {
        rmSync(run, { force: true })
        await signing?.close()
        await listening.close()
      }
    } finally {
      await installation.close()
    }
    // A call that still hangs would keep the process.
    if (left > 0) process.exit(EXIT.ok)
    return EXIT.ok
  },
}

function welcome(
  { config, where }: Installation,
  {
    url,
    firstRunUrl,
    engine,
    signing,
  }: {
    readonly url: string
    readonly firstRunUrl: string
    readonly engine: boolean
    readonly signing: Listening | undefined
  },
): string {
  return [
    '',
    config.mode === 'practice'
      ? '铎铃已启动（练习模式：什么也不会真正发出去）'
      : '铎铃已启动（正式模式）',
    '',
    `  公开页面      ${url}`,
    `  手机签发      ${signing?.url ?? url}/sign/`,
    `  首次打开      ${firstRunUrl}`,
    `  数据所在      ${config.dataFolder}`,
    `  数据库        ${where}`,
    ...(engine ? [] : ['', '这个进程只开页面，不发送：请另外启动 duoling worker。']),
    '',
    '停止：按 Ctrl+C。签发过的内容不会丢，下次启动接着发。',
  ].join('\n')
}

function routesOf(installation: Installation, token: string, standing: Standing): Hono {
  const { app, config, agencyId, now } = installation
  const routes = new Hono()
  routes.route('/', healthOf(installation, standing))
  routes.route('/', firstRunRoutes({ token, facts: () => firstRunFacts(installation) }))
  routes.route(
    '/',
    unsubscribeRoutes({
      ...{ hub: app.hub, now },
      readToken: (text) => readUnsubscribeToken(app.hub, text),
    }),
  )
  routes.route(
    '/',
    callbackRoutes({
      ...{ hub: app.hub, now },
      onFault: (error) => app.parts.log.error({ err: error }, 'callback'),
    }),
  )
  routes.route('/', apiOf(installation))
  routes.route('/', signOffOf(installation))
  routes.route(
    '/',
    createPortal({
      ...{ store: app.pages, agencyId, now, practice: config.mode === 'practice' },
      blobs: folderBlobs(app.connection.db, blobFolder(config.dataFolder), agencyId),
      publicUrl: () => app.hub.publicUrl,
      onFault: (error) => app.parts.log.error({ err: error }, 'portal'),
    }),
  )
  return routes
}

/** 手机签发 alone, for a phone outside the office: nothing else answers at this address. */
async function listenForSigning(
  installation: Installation,
  standing: Standing,
): Promise<Listening | undefined> {
  const { sign } = installation.config
  if (!sign) return undefined
  const routes = new Hono()
  const health = healthOf(installation, standing)
  routes.get('/healthz', (c) => health.fetch(c.req.raw))
  routes.route('/', signOffOf(installation))
  return listen(routes, sign)
}

function signOffOf(installation: Installation) {
  const { app, config, now } = installation
  const { db } = app.connection
  const key = hmacSha256(app.keys.item, 'sign-off')
  return signOffRoutes({
    ...{ hub: app.hub, now, log: app.parts.log, key, practice: config.mode === 'practice' },
    ...{ accounts: accountsOf(installation), pins: openPins(db, app.keys.item) },
    blobs: (agencyId) => folderBlobs(db, blobFolder(config.dataFolder), agencyId),
    url: () => config.signUrl ?? new URL(app.hub.publicUrl).origin,
  })
}

function apiOf(installation: Installation) {
  const { app, config, now } = installation
  const { db } = app.connection
  return apiRoutes({
    ...{ hub: app.hub, now, log: app.parts.log, book: STANDING_BROADCASTS },
    ...{ accounts: accountsOf(installation), keys: apiKeysOf(installation) },
    answers: openAnswers(db, app.keys.item),
    blobs: (agencyId) => folderBlobs(db, blobFolder(config.dataFolder), agencyId),
    officeText: readOfficeText,
  })
}

async function firstRunFacts(installation: Installation): Promise<FirstRunFacts> {
  const { app, agencyId, config, now, where } = installation
  const { db } = app.connection
  const people = await peopleInOffice(db, agencyId, dayOf(now()))
  const roads = await roadsOnFile(db, agencyId)
  const known = await accountsOf(installation).list(agencyId)
  const accounts = new Map(known.map((account) => [account.personId, account]))
  const own = (await agencies(db)).find((one) => one.id === agencyId)
  return {
    agency: own?.name ?? String(agencyId),
    practice: config.mode === 'practice',
    ...{ dataFolder: config.dataFolder, database: where, portalUrl: app.hub.publicUrl },
    people: people.map(({ id, name, roles }) => ({
      ...{ name, roles: roles.map((one) => ROLE_NAMES[one]) },
      ...signInOf(installation, accounts.get(id)),
    })),
    channels: [...Map.groupBy(roads, (road) => road.channelName)].map(([name, mine]) => ({
      ...{
        name,
        road: mine.map((road) => ROAD_NAMES[road.adapter] ?? road.adapter).join('，备用 '),
      },
    })),
  }
}

/** A first password is told as long as nobody changed it. */
function signInOf(installation: Installation, account: AccountRow | undefined) {
  if (!account) return {}
  const { login, firstPassword: unchanged } = account
  return { login, ...(unchanged ? { password: firstPassword(installation, login) } : {}) }
}

const ROAD_NAMES: Readonly<Record<string, string>> = {
  'by-hand': '人工代发',
  'disclosure-portal': '自动（本系统页面）',
  email: '自动（邮件服务器）',
}
