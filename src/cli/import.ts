/** `duoling import`: a table of what was posted outside the hub, or a list of contacts. */

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import {
  confirmImport,
  IMPORT_LIMITS,
  type ImportReport,
  importPostings,
} from '../hub/import-postings.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { contacts } from './import-contacts.ts'
import { office } from './import-office.ts'
import { anyPerson, personNamed, withInstallation } from './installation.ts'
import { approval } from './office-approval.ts'
import { readTableFile } from './table-file.ts'
import { ORDER_OPTIONS, ORDER_USAGE } from './walk/typed.ts'

const SHOWN_MAX = 50

export const importVerb: Verb = {
  name: 'import',
  summary: '导入：往年手工发布的台账（补录）、联系人名单或办公系统来文（先加 --check 检查）',
  usage: [
    'postings 文件.csv [--check] [--confirm] [--by 姓名]',
    '| confirm 导入编号 --as 另一人的登录名',
    '| contacts 名单.xlsx或.csv [--check] [--replace] [--new-areas] [--by 姓名]',
    '| office 来文文件夹 [--check] [--as 登录名或--by 姓名]',
    `| approval 来文编号 --hash 稿件校验值 ${ORDER_USAGE} --as 另一人的登录名`,
    '  [--agency 编号] [--json]',
  ].join(' '),
  words: 2,
  options: {
    ...{ check: 'flag', confirm: 'flag', replace: 'flag', 'new-areas': 'flag' },
    ...{ by: 'value', agency: 'value', hash: 'value', ...AS_OPTION, ...ORDER_OPTIONS },
  },
  run: (request) => {
    const [what, word] = request.words
    // An option that does nothing here would be silently left out.
    const strange = strangeOption(request, what)
    if (strange !== undefined)
      throw new UsageFault(`--${strange} 不能这样用\n用法：duoling import ${importVerb.usage}`)
    if (what === 'postings' && word !== undefined) return postings(request, word)
    if (what === 'contacts' && word !== undefined) return contacts(request, word)
    if (what === 'confirm' && word !== undefined) return confirm(request, word)
    if (what === 'office' && word !== undefined) return office(request, word)
    if (what === 'approval' && word !== undefined) return approval(request, word)
    throw new UsageFault(`用法：duoling import ${importVerb.usage}`)
  },
}

/** The options that belong to one kind of import only. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  confirm: ['postings', 'confirm'],
  replace: ['contacts'],
  'new-areas': ['contacts'],
  hash: ['approval'],
  ...Object.fromEntries(Object.keys(ORDER_OPTIONS).map((name) => [name, ['approval']])),
}

function strangeOption({ flags, values }: VerbRequest, what = ''): string | undefined {
  return Object.entries(OWN).find(
    ([name, kinds]) => (flags[name] || values[name] !== undefined) && !kinds.includes(what),
  )?.[0]
}

async function postings(request: VerbRequest, path: string) {
  const file = resolve(path)
  const bytes = await readTableFile(file, IMPORT_LIMITS.bytesMax)
  const { check = false, confirm: atOnce = false } = request.flags
  return withInstallation(request, async ({ app, agencyId, now }) => {
    const { by } = request.values
    const hashes = new Map<string, Promise<string | undefined>>()
    const report = await importPostings(app.hub, {
      ...{ agencyId, bytes, fileName: basename(file), at: now(), checkOnly: check, atOnce },
      enteredBy:
        by === undefined
          ? await anyPerson(app, agencyId, 'drafter')
          : await personNamed(app, agencyId, by),
      // One screenshot may stand for thousands of rows; it is read once.
      evidenceHash(name) {
        const hash = hashes.get(name) ?? hashOf(dirname(file), name)
        hashes.set(name, hash)
        return hash
      },
    })
    if (request.json) printJson(report)
    else print(reportText(report, { check, atOnce }))
    return report.problems.length === 0 ? EXIT.ok : EXIT.findings
  })
}

/** Only names inside the table's own folder are looked for; nothing is ever fetched. */
async function hashOf(folder: string, name: string): Promise<string | undefined> {
  if (/^[a-z][a-z0-9+.-]*:/i.test(name)) return undefined
  try {
    const inside = await realpath(folder)
    const path = await realpath(resolve(folder, name))
    // Where links lead counts, and a pipe or a device may never end.
    if (!path.startsWith(`${inside}/`) || !(await stat(path)).isFile()) return undefined
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(path)) hash.update(chunk)
    return hash.digest('hex')
  } catch {
    return undefined
  }
}

function reportText(
  report: ImportReport,
  { check, atOnce }: { readonly check: boolean; readonly atOnce: boolean },
): string {
  const lines = [...list('需要改', report.problems), ...list('请留意', report.warnings)]
  if (report.problems.length > 0)
    return [
      ...lines,
      `有 ${report.problems.length} 处要改，没有导入任何一行；改好后再运行一次。`,
    ].join('\n')
  const { rows, newRows, knownRows, messages, importId } = report
  lines.push(`读到 ${rows} 行（${report.encoding}），合 ${messages} 条信息。`)
  lines.push(`新增 ${newRows} 行，已在库中 ${knownRows} 行。`)
  if (check) lines.push('只做了检查，没有写入。去掉 --check 即可导入。')
  else if (importId === undefined) lines.push('没有新的内容，未写入。')
  else if (atOnce) lines.push(`已导入并确认（导入编号 ${importId}），已计入统计，并已记入审计。`)
  else
    lines.push(
      `已导入（导入编号 ${importId}），待另一人确认后计入统计：`,
      `  duoling import confirm ${importId} --as 另一人的登录名`,
    )
  return lines.join('\n')
}

function list(word: string, findings: ImportReport['problems']): readonly string[] {
  const more = findings.length - SHOWN_MAX
  return [
    ...findings.slice(0, SHOWN_MAX).map((one) => `${word}：${one.text}`),
    ...(more > 0 ? [`${word}：另有 ${more} 处，加 --json 可看全部`] : []),
  ]
}

function confirm(request: VerbRequest, word: string) {
  if (!/^[1-9]\d{0,14}$/.test(word))
    throw new UsageFault('请写导入编号，例如 duoling import confirm 3 --as lu')
  return withInstallation(request, async (installation) => {
    const { app, agencyId, now } = installation
    const { personId: confirmedBy } = personOnly(await actorOf(request, installation))
    const importId = Number(word)
    const { rows } = await confirmImport(app.hub, { agencyId, importId, confirmedBy, at: now() })
    if (request.json) printJson({ importId, rows, confirmed: true })
    else print(`导入 ${importId} 已确认，${rows} 行已计入统计。`)
    return EXIT.ok
  })
}
