/** `duoling import contacts`: a list of contacts from csv or xlsx, with a report before anything is
 *  written. Nothing of it prints a whole number. */
import { basename, resolve } from 'node:path'
import { readSheets } from '../documents/sheets.ts'
import { type ContactImportReport, importContacts } from '../hub/contacts/import.ts'
import { CONTACT_LIMITS } from '../hub/contacts/table.ts'
import { EXIT, print, printJson, type VerbRequest } from './command.ts'
import { anyPerson, personNamed, withInstallation } from './installation.ts'
import { readTableFile } from './table-file.ts'

const SHOWN_MAX = 50

export async function contacts(request: VerbRequest, path: string) {
  const file = resolve(path)
  const bytes = await readTableFile(file, CONTACT_LIMITS.bytesMax)
  const { check = false, replace = false, 'new-areas': mayAddAreas = false } = request.flags
  return withInstallation(request, async ({ app, agencyId, now }) => {
    const { by } = request.values
    const report = await importContacts(app.hub, {
      ...{ agencyId, bytes, fileName: basename(file), at: now(), checkOnly: check },
      ...{ replaces: replace, mayAddAreas, sheets: { read: readSheets } },
      enteredBy:
        by === undefined
          ? await anyPerson(app, agencyId, 'drafter')
          : await personNamed(app, agencyId, by),
    })
    if (request.json) printJson(report)
    else print(reportText(report, { check, replace }))
    return report.errors.length === 0 ? EXIT.ok : EXIT.findings
  })
}

function reportText(
  report: ContactImportReport,
  { check, replace }: { readonly check: boolean; readonly replace: boolean },
): string {
  const { rows, errors, warnings, encoding, importId } = report
  const lines = [...list('需要改', errors), ...list('请留意', warnings)]
  if (errors.length > 0)
    return [
      ...lines,
      `读到 ${rows} 行，有 ${errors.length} 处要改，没有写入任何一行；改好后再运行一次。`,
    ].join('\n')
  lines.push(
    `读到 ${rows} 行（${encoding}）：新增 ${report.new}，更新 ${report.changed}，不变 ${report.unchanged}。`,
  )
  const leaving = report.removedIfReplace
  if (replace) lines.push(`名单以本文件为准：移出 ${leaving} 个联系人。`)
  else if (leaving > 0)
    lines.push(`库中另有 ${leaving} 个联系人不在本文件里，保持不变；要以本文件为准请加 --replace。`)
  if (check) lines.push('只做了检查，没有写入。去掉 --check 即可导入。')
  else if (importId === undefined) lines.push('没有新的内容，未写入。')
  else lines.push(`已导入（导入编号 ${importId}），并已记入审计。`)
  return lines.join('\n')
}

function list(word: string, faults: ContactImportReport['errors']): readonly string[] {
  const more = faults.length - SHOWN_MAX
  return [
    ...faults.slice(0, SHOWN_MAX).map(({ text, fix }) => `${word}：${text}；${fix}`),
    ...(more > 0 ? [`${word}：另有 ${more} 处，加 --json 可看全部`] : []),
  ]
}
