/** `duoling audit`: walks the whole chain of the audit, or prints its head for safe keeping elsewhere. */
import { stat } from 'node:fs/promises'
import { type AuditReport, auditHead, sealAudit, verifyAudit } from '../store/audit/chain.ts'
import { exportHead, headFile, keepHead, readHeads } from '../store/audit/heads.ts'
import { EXIT, type Exit, print, printJson, UsageFault, type Verb } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'

const FAULTS = {
  changed: '内容被改动',
  missing: '记录被删除',
  'seal-missing': '链条缺了一段',
  'head-differs': '与库外留存的链头不符',
} as const

export const audit: Verb = {
  name: 'audit',
  summary: '核对审计链是否完整（verify），或导出链头（head）',
  usage: 'verify [--heads 链头文件] | head [--json]',
  words: 1,
  options: { heads: 'value', agency: 'value' },
  run(request) {
    const [what = ''] = request.words
    if (what !== 'verify' && what !== 'head')
      throw new UsageFault(`用法：duoling audit ${audit.usage}`)
    return withInstallation(request, (installation) =>
      what === 'head'
        ? head(installation, request.json)
        : verify(installation, request.json, request.values['heads']),
    )
  },
}

async function head({ app, now, config }: Installation, json: boolean): Promise<Exit> {
  const { db } = app.connection
  while ((await sealAudit(db)) > 0);
  const newest = await auditHead(db)
  if (!newest) {
    if (json) printJson({ head: null })
    else print('审计里还没有记录。')
    return EXIT.ok
  }
  const exported = exportHead(app.parts.keyring.audit, newest, now())
  await keepHead(headFile(config.dataFolder), exported)
  if (json) printJson({ head: exported })
  else
    print(
      [
        `第 ${exported.number} 条，${exported.at}`,
        `SHA-256 ${exported.sha256}`,
        `SM3     ${exported.sm3}`,
        '请把这几行抄存在本机以外；以后用 duoling audit verify 核对。',
      ].join('\n'),
    )
  return EXIT.ok
}

async function verify(
  { app, config }: Installation,
  json: boolean,
  file: string | undefined,
): Promise<Exit> {
  const path = file ?? headFile(config.dataFolder)
  if (file !== undefined) await mustBeFile(file)
  const { heads, foreign } = await readHeads(path, app.parts.keyring.audit)
  if (file !== undefined && heads.length === 0)
    throw new UsageFault(`${file} 里没有本安装导出的链头，请核对文件`)
  const report = await verifyAudit(app.connection.db, heads)
  if (json) printJson({ ...report, heads: heads.length, foreignHeads: foreign })
  else print(sentence(report, heads.length, foreign))
  return report.ok && foreign === 0 ? EXIT.ok : EXIT.findings
}

const HEADS_BYTES_MAX = 256 * 1024 * 1024

/** A pipe or a device may never end; a name mistyped is no empty list of heads. */
async function mustBeFile(file: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined)
  if (!facts?.isFile()) throw new UsageFault(`没有链头文件“${file}”，请核对路径`)
  if (facts.size > HEADS_BYTES_MAX)
    throw new UsageFault(`“${file}”有 ${facts.size} 字节，不像链头文件，请核对路径`)
}

function sentence(report: AuditReport, heads: number, foreign: number): string {
  const lines = report.firstBad
    ? [
        `不完整：第 ${report.firstBad.number} 条${FAULTS[report.firstBad.what]}` +
          (report.firstBad.auditId === undefined ? '' : `（审计编号 ${report.firstBad.auditId}）`),
        '请停止改动数据库，保留现场，报告安全管理员和审计员。',
      ]
    : [`完整：${report.rows} 条逐条相连，与库外留存的 ${heads} 个链头一致`]
  if (report.unsealed > 0) lines.push(`另有 ${report.unsealed} 条刚写入，还没有封链`)
  if (foreign > 0) lines.push(`链头文件里有 ${foreign} 行不是本安装写的，请查明来历`)
  return lines.join('\n')
}
