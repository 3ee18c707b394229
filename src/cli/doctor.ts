/** `duoling doctor`: one line a check, and under a bad one what to do about it. */
import { statfs } from 'node:fs/promises'
import { roadsOnFile } from '../store/registry.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'

interface Check {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'bad'
  readonly detail: string
  readonly next?: string
}

const DISK_BYTES_MIN = 2 * 1024 ** 3

export const doctor: Verb = {
  name: 'doctor',
  summary: '检查环境、数据库和各渠道，并说明怎样处理',
  usage: '[--agency 编号] [--json]',
  options: { agency: 'value' },
  run: (request) =>
    withInstallation(
      request,
      async (installation) => {
        const checks = [
          await database(installation),
          await disk(installation),
          ...(await channels(installation)),
        ]
        if (request.json) printJson({ checks })
        else for (const check of checks) print(lineOf(check))
        return checks.some((check) => check.state === 'bad') ? EXIT.findings : EXIT.ok
      },
      { simulate: true },
    ),
}

const MARKS = { ok: '✓', warning: '!', bad: '✗' } as const

function lineOf({ name, state, detail, next }: Check): string {
  const line = `${MARKS[state]} ${name}：${detail}`
  return next === undefined || state === 'ok' ? line : `${line}\n    → ${next}`
}

async function database({ where }: Installation): Promise<Check> {
  return { name: '数据库', state: 'ok', detail: where }
}

async function disk({ config }: Installation): Promise<Check> {
  const { bavail, bsize } = await statfs(config.dataFolder)
  const free = bavail * bsize
  const detail = `${config.dataFolder} 剩余 ${(free / 1024 ** 3).toFixed(1)} GB`
  if (free >= DISK_BYTES_MIN) return { name: '磁盘', state: 'ok', detail }
  return { name: '磁盘', state: 'bad', detail, next: '清出至少 2 GB，写满后发送会停住等待' }
}

async function channels({ app, agencyId }: Installation): Promise<readonly Check[]> {
  const facts = await app.hub.store.transact(agencyId, (tx) => tx.channels())
  const onFile = await roadsOnFile(app.connection.db, agencyId)
  const held = new Map(onFile.map((road) => [`${road.channelId}.${road.roadId}`, road.heldReason]))
  const checks: Check[] = []
  for (const channel of facts) {
    for (const road of await app.hub.outside.roads(agencyId, channel.id)) {
      const name = `${channel.name}（${road.roadId}）`
      const reason = held.get(`${channel.id}.${road.roadId}`) ?? null
      if (reason !== null) {
        const next = `查明原因后放行：duoling release ${channel.id} ${road.roadId}`
        checks.push({ name, state: 'bad', detail: `账号被拒，已停用：${reason}`, next })
        continue
      }
      const { state, detail } = await road.channel.health()
      const next = '核对这个渠道的设置和网络，再运行一次 doctor'
      const seen = state === 'ok' ? 'ok' : state === 'degraded' ? 'warning' : 'bad'
      checks.push({ name, state: seen, detail, next })
    }
  }
  return checks
}
