/** `duoling doctor`: one line a check, and under a bad one what to do about it. */
import { statfs } from 'node:fs/promises'
import { auditHead } from '../store/audit/chain.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { type Check, roadChecks } from './doctor-roads.ts'
import { type Installation, withInstallation } from './installation.ts'
import { secretCheck, secretFinder } from './known-secrets.ts'

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
        const { config } = installation
        const secret = await secretFinder(installation)
        const checks = [
          await database(installation),
          await disk(installation),
          await auditChain(installation),
          await secretCheck(installation),
          ...(await roadChecks({ ...installation, config: { ...config, secret } })),
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
