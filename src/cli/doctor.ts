/** `duoling doctor`: one line a check, and under a bad one what to do about it. */
import { statfs } from 'node:fs/promises'
import type { Health } from '../../channels/channel.ts'
import { minuteOf } from '../domain/year.ts'
import type { BreakerStanding } from '../hub/ports/breakers.ts'
import { auditHead } from '../store/audit/chain.ts'
import { RESTORED } from '../store/backup/load.ts'
import { roadsOnFile } from '../store/registry.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'

interface Check {
  /** stable, for programs */
  readonly id: string
  readonly name: string
  readonly level: 'ok' | 'warning' | 'bad'
  readonly detail: string
  /** what to do; only where something is to be done */
  readonly fix?: string
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
          await auditChain(installation),
          ...(await channels(installation)),
        ]
        if (request.json) printJson({ checks })
        else for (const check of checks) print(lineOf(check))
        return checks.some((check) => check.level === 'bad') ? EXIT.findings : EXIT.ok
      },
      { simulate: true },
    ),
}

const MARKS = { ok: '✓', warning: '!', bad: '✗' } as const

function lineOf({ name, level, detail, fix }: Check): string {
  const line = `${MARKS[level]} ${name}：${detail}`
  return fix === undefined ? line : `${line}\n    → ${fix}`
}

async function database({ where }: Installation): Promise<Check> {
  return { id: 'database', name: '数据库', level: 'ok', detail: where }
}

async function disk({ config }: Installation): Promise<Check> {
  const { bavail, bsize } = await statfs(config.dataFolder)
  const free = bavail * bsize
  const detail = `${config.dataFolder} 剩余 ${(free / 1024 ** 3).toFixed(1)} GB`
  const check = { id: 'disk', name: '磁盘', detail }
  if (free >= DISK_BYTES_MIN) return { ...check, level: 'ok' }
  return { ...check, level: 'bad', fix: '清出至少 2 GB，写满后发送会停住等待' }
}

/** The chain itself is walked by `audit verify`; here only whether somebody still seals. */
async function auditChain({ app }: Installation): Promise<Check> {
  const check = { id: 'audit', name: '审计链' }
  const head = await auditHead(app.connection.db)
  if (!head) return { ...check, level: 'ok', detail: '还没有封链的记录' }
  return { ...check, level: 'ok', detail: `已封链 ${head.number} 条` }
}

async function channels({ app, agencyId }: Installation): Promise<readonly Check[]> {
  const facts = await app.hub.store.transact(agencyId, (tx) => tx.channels())
  const onFile = await roadsOnFile(app.connection.db, agencyId)
  const held = new Map(onFile.map((road) => [`${road.channelId}.${road.roadId}`, road.heldReason]))
  const breakers = new Map(
    (await app.hub.store.breakers.standings(agencyId)).map((one) => {
      return [`${one.channelId}.${one.roadId}`, one]
    }),
  )
  const checks: Check[] = []
  for (const { id: channelId, name } of facts) {
    for (const { roadId } of onFile.filter((one) => one.channelId === channelId)) {
      const place = { id: `${channelId}.${roadId}`, name: `${name}（${roadId}）` }
      const reason = held.get(place.id) ?? null
      if (reason !== null) {
        const fix = `查明原因后放行：duoling release ${channelId} ${roadId} --as 登录名`
        checks.push({ ...place, level: 'bad', detail: heldText(reason), fix })
        continue
      }
      const standing = breakers.get(place.id)
      if (standing?.breaker?.openUntil !== undefined) {
        const fix = '查看平台和网络；能连通后自动逐步恢复，不用人工放行'
        checks.push({ ...place, level: 'warning', detail: breakerText(standing), fix })
        continue
      }
      const fault = await app.hub.outside.whyNotOpen(agencyId, channelId, roadId)
      if (fault !== undefined) {
        const fix = '改好这条通路的设置或密钥，再运行一次 doctor；在此之前由其他通路承担'
        checks.push({ ...place, level: 'bad', detail: `设置有误：${fault}`, fix })
        continue
      }
      const road = await app.hub.outside.road(agencyId, channelId, roadId)
      if (!road) continue
      const found = await health(place, road.channel)
      const last = standing ? `；${breakerText(standing)}` : ''
      checks.push({ ...found, detail: `${found.detail}${last}` })
    }
  }
  return checks
}

async function health(
  place: Pick<Check, 'id' | 'name'>,
  channel: { health(): Promise<Health> },
): Promise<Check> {
  const { state, detail } = await channel.health()
  const level = state === 'ok' ? 'ok' : state === 'degraded' ? 'warning' : 'bad'
  const fix = '核对这个渠道的设置和网络，再运行一次 doctor'
  return { ...place, level, detail, ...(level === 'ok' ? {} : { fix }) }
}

/** The last change of a road's breaker, with its reason. */
function breakerText({ breaker, last }: BreakerStanding): string {
  const at = minuteOf(last.at)
  if (last.state === 'held') return `${at} 账号被拒（${last.reason}）`
  if (breaker?.openUntil === undefined) return `最近一次熔断于 ${at} 恢复`
  if (last.state === 'open') return `连续失败，${at} 起熔断（${last.reason}），过后每次只试一个调用`
  const why = last.reason === 'released' ? '已放行' : '平台有答复'
  return `熔断后正在恢复，${at} 起同时最多 ${last.callsMax ?? 1} 个调用（${why}）`
}

function heldText(reason: string): string {
  if (reason === RESTORED) return '从备份恢复后停用，等人核对各平台实际发出的内容'
  return `账号被拒，已停用：${reason}`
}
