/** `duoling import office`: takes in what an office system left in a folder, with a line for each document.
 *  A package with a fault is reported and left out; the others go on. */
import { blobFolder } from '../app.ts'
import type { OfficeFault } from '../domain/office-document.ts'
import { describe, Refused } from '../domain/refusal.ts'
import { dayOf } from '../domain/year.ts'
import { type Arrival, receiveOfficeDocument } from '../hub/office/receive.ts'
import { folderBlobs } from '../store/blobs.ts'
import { actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, type VerbRequest } from './command.ts'
import { anyPerson, type Installation, personNamed, withInstallation } from './installation.ts'
import { type FoundPackage, findPackages, PackageFault, readPackage } from './office-package.ts'

interface PackageLine {
  readonly folder: string
  readonly arrival?: Arrival
  readonly faults: readonly OfficeFault[]
  /** 公开属性, where it is not 主动公开 */
  readonly attribute?: string
}

export async function office(request: VerbRequest, folder: string) {
  const packages = await findPackages(folder)
  const { check: checkOnly = false } = request.flags
  return withInstallation(request, async (installation) => {
    const enteredBy = await entererOf(request, installation)
    const lines: PackageLine[] = []
    // One after the other: what two packages say about one document is taken in their order.
    for (const found of packages)
      lines.push(await receive(installation, found, { enteredBy, checkOnly }))
    if (request.json) printJson({ checkOnly, packages: lines.map(jsonOf) })
    else
      print(
        [...lines.map((line) => sentence(line, checkOnly)), summary(lines, checkOnly)].join('\n'),
      )
    return lines.some(isWrong) ? EXIT.findings : EXIT.ok
  })
}

async function entererOf(request: VerbRequest, installation: Installation): Promise<number> {
  const { app, agencyId } = installation
  if (request.values['as'] !== undefined)
    return personOnly(await actorOf(request, installation)).personId
  const { by } = request.values
  return by === undefined ? anyPerson(app, agencyId, 'drafter') : personNamed(app, agencyId, by)
}

async function receive(
  { app, agencyId, now }: Installation,
  found: FoundPackage,
  { enteredBy, checkOnly }: { readonly enteredBy: number; readonly checkOnly: boolean },
): Promise<PackageLine> {
  const folder = found.name
  const at = now()
  const blobs = folderBlobs(app.connection.db, blobFolder(app.parts.dataFolder), agencyId)
  try {
    const { arrived, content } = await readPackage(found, dayOf(at))
    const arrival = await receiveOfficeDocument(app.hub, {
      ...{ agencyId, enteredBy, at, checkOnly, package: arrived },
      async keep(file) {
        const { mediaType } = file
        const kept = await blobs.put({ content: content(file), mediaType, at })
        if (kept.sha256 !== file.sha256)
          throw new PackageFault([{ field: file.name, text: '读取时文件还在改动，请等写完再导入' }])
      },
    })
    const { disclosureAttribute: attribute } = arrived.document
    return { folder, arrival, faults: [], ...(attribute === '主动公开' ? {} : { attribute }) }
  } catch (error) {
    if (error instanceof PackageFault) return { folder, faults: error.faults }
    if (error instanceof Refused) {
      const field = error.refusal.field ?? '来文'
      return { folder, faults: [{ field, text: describe(error.refusal) }] }
    }
    throw error
  }
}

function isWrong({ faults, arrival }: PackageLine): boolean {
  return faults.length > 0 || arrival?.outcome === 'left-alone' || arrival?.differs === true
}

const OUTCOMES: Readonly<Record<Arrival['outcome'], string>> = {
  new: '新建草稿',
  revised: '已改为新一稿',
  known: '已有',
  'left-alone': '未改动',
}
const REASONS: Readonly<Record<NonNullable<Arrival['reason']>, string>> = {
  signed: '正文与已收的不同，而原信息已签发；请在本系统办理更正',
  stopped: '正文与已收的不同，而原信息已停发；请核对后另行拟稿',
  edited: '正文与已收的不同，而稿件已在本系统修改；请核对后在本系统修改',
  'returned-by-enterer': '正文与已收的不同，而原稿由录入人退回；请由另一名拟稿人导入',
}

function sentence({ folder, arrival, faults, attribute }: PackageLine, checkOnly: boolean): string {
  if (!arrival)
    return faults.map(({ field, text }) => `${folder}  有误  ${field}：${text}`).join('\n')
  const { outcome, bulletinId, officeDocumentId, hash, approval, differs, findings, reason } =
    arrival
  const place =
    bulletinId === undefined
      ? ''
      : ` 信息 ${bulletinId}（来文 ${officeDocumentId}，稿件校验值 ${hash?.slice(0, 16)}）`
  const notes = [
    `${folder}  ${checkOnly && outcome !== 'known' ? '将' : ''}${OUTCOMES[outcome]}${place}`,
    ...(reason ? [REASONS[reason]] : []),
    ...(differs ? ['正文相同，其他内容与已收的不同，未改动'] : []),
    ...(attribute ? [`公开属性为${attribute}，须由保密审查员决定是否公开`] : []),
    ...(findings > 0 ? [`检查有 ${findings} 处，见 duoling check ${bulletinId}`] : []),
    approval ? `批准不可沿用（${describe(approval)}）` : '批准可沿用，须由另一人确认',
  ]
  return notes.join('；')
}

function summary(lines: readonly PackageLine[], checkOnly: boolean): string {
  const count = (outcome: Arrival['outcome']) =>
    lines.filter((line) => line.arrival?.outcome === outcome).length
  const wrong = lines.filter((line) => line.faults.length > 0).length
  const made = `新建草稿 ${count('new')}，新一稿 ${count('revised')}，已有 ${count('known')}`
  const rest = `未改动 ${count('left-alone')}，有误 ${wrong}`
  const end = checkOnly ? '只做了检查，没有写入。去掉 --check 即可导入。' : ''
  return `共 ${lines.length} 件来文：${made}，${rest}。${end}`
}

function jsonOf({ folder, arrival, faults, attribute }: PackageLine) {
  if (!arrival) return { folder, outcome: 'faulty', faults }
  const { approval, ...said } = arrival
  return {
    ...{ folder, ...said, faults },
    ...(attribute === undefined ? {} : { attribute }),
    approval: approval
      ? { reusable: false, code: approval.code, reason: describe(approval) }
      : { reusable: true },
  }
}
