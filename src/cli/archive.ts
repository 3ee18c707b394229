/** `duoling archive`: what a closed month of the log holds, and with --confirm its way out into a file. It
 *  refuses a month that is too young or has something open, and takes nothing out before the file was read
 *  back and agreed with the database. */
import { basename, join, resolve } from 'node:path'
import { describe, Refused } from '../domain/refusal.ts'
import {
  KEEP_MONTHS_MAX,
  KEEP_MONTHS_MIN,
  newestToArchive,
  readMonth,
} from '../domain/retention.ts'
import { minuteOf } from '../domain/year.ts'
import { archiveMonth, lookAtMonth, type MonthFacts } from '../store/archive/archive.ts'
import { readArchive } from '../store/archive/file.ts'
import { archivedMonths } from '../store/archive/months.ts'
import { AS_OPTION, AS_USAGE, actorOf } from './actor.ts'
import {
  EXIT,
  type Exit,
  print,
  printJson,
  UsageFault,
  type Verb,
  type VerbRequest,
} from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { table } from './table.ts'

export const archive: Verb = {
  name: 'archive',
  summary: '归档：把一个早已办结的月份的送达日志移到库外的文件，统计不变',
  usage: `ls | --month 2025-03 [--to 文件夹] [--keep 月数] [--confirm] ${AS_USAGE} | --check 归档文件 [--agency 编号] [--json]`,
  words: 1,
  options: {
    ...{ month: 'value', to: 'value', keep: 'value', confirm: 'flag', check: 'value' },
    ...{ agency: 'value', ...AS_OPTION },
  },
  run(request) {
    const [word] = request.words
    const { month, check } = request.values
    const asked = [word, month, check].filter((one) => one !== undefined)
    if (asked.length !== 1 || (word !== undefined && word !== 'ls'))
      throw new UsageFault(`用法：duoling archive ${archive.usage}`)
    return withInstallation(request, (installation) => {
      if (word === 'ls') return list(installation, request)
      if (check !== undefined) return checkFile(installation, resolve(check), request.json)
      return archiveOne(installation, request, monthOfRequest(month ?? ''))
    })
  },
}

function monthOfRequest(text: string): string {
  const month = readMonth(text)
  if (month === undefined) throw new UsageFault('--month 应为年月，例如 --month 2025-03')
  return month
}

function keepOf({ values }: VerbRequest): number {
  const text = values['keep'] ?? String(KEEP_MONTHS_MIN)
  const months = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (months < KEEP_MONTHS_MIN || months > KEEP_MONTHS_MAX)
    throw new UsageFault(
      `--keep 应为 ${KEEP_MONTHS_MIN} 到 ${KEEP_MONTHS_MAX} 的月数：年度报告公布之前，明细要留在库里`,
    )
  return months
}

async function archiveOne(
  installation: Installation,
  request: VerbRequest,
  month: string,
): Promise<Exit> {
  const { app, config, ownerUrl, now } = installation
  const at = now()
  const newest = newestToArchive(at, keepOf(request))
  const facts = await lookAtMonth(ownerUrl, month)
  const name = month.slice(0, 7)
  if (facts.archived || !facts.exists) return nothingToDo(name, facts, request.json)
  const whyNot = refusalOf(month, newest, facts)
  if (!request.flags['confirm']) return wouldDo(name, facts, whyNot, request.json)
  if (whyNot) throw whyNot
  const by = await archivist(installation, request)
  const folder = resolve(request.values['to'] ?? join(config.dataFolder, 'archive'))
  const { path, file } = await archiveMonth({ ownerUrl, month, folder, at, by })
  app.parts.log.info({ month: name, file: basename(path), sha256: file.sha256 }, 'archive-month')
  const rows = file.sums['delivery']?.rows ?? 0
  if (request.json)
    printJson({ month: name, archived: true, path, sha256: file.sha256, deliveries: rows })
  else
    print(
      [
        `${name} 已归档：送达 ${rows} 条，文件已读回核对，与库里一致后才移出。`,
        `文件：${path}`,
        `SHA-256 ${file.sha256}`,
        '请另存一份到别的机器；备份里不再有这个月的明细。年度统计、发布和发送不变。',
      ].join('\n'),
    )
  return EXIT.ok
}

function refusalOf(month: string, newest: string, { open }: MonthFacts): Refused | undefined {
  if (month > newest)
    return new Refused({
      code: 'month-open',
      field: 'month',
      detail: `现在最晚可以归档 ${newest.slice(0, 7)}`,
    })
  if (open.length === 0) return undefined
  const detail = open.map(({ what, count }) => `${what} ${count}`).join('，')
  return new Refused({ code: 'month-open', field: 'month', detail })
}

/** Whoever sits at the machine may, as with a backup; a person needs the role for it. */
async function archivist(installation: Installation, request: VerbRequest) {
  const actor = await actorOf(request, installation)
  if (actor.kind === 'local') return `local:${actor.osUser}` as const
  if (!actor.roles.some((role) => role === 'operator' || role === 'system-admin'))
    throw new Refused({ code: 'not-allowed' })
  return { agencyId: installation.agencyId, personId: actor.personId }
}

function nothingToDo(month: string, { archived }: MonthFacts, json: boolean): Exit {
  if (json) printJson({ month, archived: archived !== undefined, ...archived })
  else if (archived)
    print(
      `${month} 已于 ${minuteOf(archived.archivedAt)} 归档，无需再办。文件 ${archived.file}，SHA-256 ${archived.sha256}`,
    )
  else print(`${month} 的日志里没有送达，无需归档。`)
  return EXIT.ok
}

function wouldDo(
  month: string,
  { states }: MonthFacts,
  whyNot: Refused | undefined,
  json: boolean,
): Exit {
  const deliveries = Object.values(states).reduce((sum, count) => sum + count, 0)
  const text = whyNot && describe(whyNot.refusal)
  if (json)
    printJson({ month, archived: false, deliveries, states, ...(text ? { whyNot: text } : {}) })
  else {
    const counts = Object.entries(states).map(([state, count]) => `${state} ${count}`)
    print(`${month}：送达 ${deliveries} 条（${counts.join('，')}）`)
    print(text ?? '可以归档。加 --confirm 写出文件、读回核对、移出日志；现在没有改动。')
  }
  return whyNot ? EXIT.findings : EXIT.ok
}

async function checkFile({ app, agencyId }: Installation, path: string, json: boolean) {
  const file = await readArchive(path)
  const known = (await archivedMonths(app.connection.db, agencyId)).find(
    (one) => one.month === file.month,
  )
  const registered =
    known === undefined ? 'unknown' : known.sha256 === file.sha256 ? 'same' : 'differs'
  const month = file.month.slice(0, 7)
  const rows = Object.fromEntries(Object.entries(file.sums).map(([name, sum]) => [name, sum.rows]))
  if (json) printJson({ month, sha256: file.sha256, rows, registered })
  else {
    print(`${month} 的归档文件完整：送达 ${rows['delivery'] ?? 0} 条，SHA-256 ${file.sha256}`)
    print(
      {
        same: '与库里登记的一致。',
        differs: '与库里登记的不一致：这不是归档时写下的那份文件，请找另存的一份。',
        unknown: '库里没有登记这个月的归档：请核对是不是这个安装的文件。',
      }[registered],
    )
  }
  return registered === 'same' ? EXIT.ok : EXIT.findings
}

async function list({ app, agencyId }: Installation, { json }: VerbRequest): Promise<Exit> {
  const months = await archivedMonths(app.connection.db, agencyId)
  if (json) printJson({ months })
  else if (months.length === 0) print('还没有归档的月份。')
  else
    print(
      table(
        ['月份', '送达', '回执', '归档时间', '文件'],
        months.map((one) => [
          ...[one.month.slice(0, 7), String(one.deliveries), String(one.receipts)],
          ...[minuteOf(one.archivedAt), one.file],
        ]),
      ),
    )
  return EXIT.ok
}
