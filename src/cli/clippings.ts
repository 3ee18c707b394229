/** `duoling clippings`: the register of what outlets printed or broadcast, and the entry of one clipping. */
import { readFile, stat } from 'node:fs/promises'
import { basename, extname, resolve } from 'node:path'
import { blobFolder } from '../app.ts'
import { ATTACHMENT_BYTES_MAX } from '../domain/bulletin.ts'
import { CLIPPING_KIND_NAMES, CLIPPING_KINDS, type ClippingKind } from '../domain/clipping.ts'
import { instantOf } from '../domain/posting-time.ts'
import { minuteOf, yearOf } from '../domain/year.ts'
import { type ClippingEntry, enterClipping } from '../hub/clippings/enter.ts'
import { type ClippingRegister, clippingRegister } from '../hub/clippings/register.ts'
import { EnvironmentFault, errorCode } from '../kit/environment-fault.ts'
import { folderBlobs } from '../store/blobs.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import {
  EXIT,
  type Exit,
  print,
  printJson,
  readYear,
  UsageFault,
  type Verb,
  type VerbRequest,
} from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { table } from './table.ts'

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.pdf': 'application/pdf',
}
const ADDING = ['outlet', 'kind', 'on', 'place', 'url', 'picture', 'as']

export const clippings: Verb = {
  name: 'clippings',
  summary: '刊播凭证：登记媒体刊播了什么，全年台账和分类合计',
  usage: [
    '[list [--year 2018]] | add 信息编号 渠道编号 --outlet 媒体名称 --kind 电视|广播|报纸|杂志|网络',
    '--on "2018-03-01 09:30" --place 版面或节目 [--url 链接] [--picture 样报.jpg] --as 登录名',
    '[--agency 编号] [--json]',
  ].join(' '),
  words: 3,
  options: {
    ...{ year: 'value', outlet: 'value', kind: 'value', on: 'value', place: 'value' },
    ...{ url: 'value', picture: 'value', agency: 'value', ...AS_OPTION },
  },
  run: (request) => {
    const [action = 'list', bulletin, channelId] = request.words
    if (action === 'list' && bulletin === undefined) return list(request)
    if (action === 'add' && bulletin !== undefined && channelId !== undefined)
      return add(request, bulletin, channelId)
    throw new UsageFault(`用法：duoling clippings ${clippings.usage}`)
  },
}

function list(request: VerbRequest): Promise<Exit> {
  // An option that does nothing here would be silently left out.
  const strange = ADDING.find((name) => request.values[name] !== undefined)
  if (strange !== undefined) throw new UsageFault(`--${strange} 只用于 clippings add`)
  return withInstallation(request, async ({ app, agencyId, now }) => {
    const year = readYear(request, yearOf(now()))
    const register = await clippingRegister(app.hub, agencyId, year)
    if (request.json) printJson(register)
    else print(registerText(register))
    return EXIT.ok
  })
}

function registerText({ year, rows, kinds }: ClippingRegister): string {
  if (rows.length === 0)
    return `${year} 年还没有刊播凭证。登记：duoling clippings add 信息编号 渠道编号 … --as 登录名`
  const lines = rows.map((row) => [
    ...[minuteOf(row.appearedAt), CLIPPING_KIND_NAMES[row.kind], row.outlet, row.place],
    ...[row.bulletinId, row.title, row.channelName],
    row.url ?? `样报 ${row.pictureHash?.slice(0, 12) ?? ''}`,
    row.enteredBy,
  ])
  const shown = kinds.filter((one) => one.clippings > 0)
  const sums = shown.map((one) => [
    ...[CLIPPING_KIND_NAMES[one.kind], one.clippings, one.outlets, one.bulletins],
  ])
  return [
    `${year} 年刊播凭证台账`,
    table(
      ['刊播时间', '类别', '媒体', '版面或节目', '信息', '标题', '渠道', '凭证', '登记人'],
      lines,
    ),
    '',
    table(['类别', '凭证', '媒体数', '信息数'], sums),
    `凭证 ${rows.length} 份。一条信息在一个渠道上只计一次发布，发布数见 duoling totals --year ${year}`,
  ].join('\n')
}

function add(request: VerbRequest, bulletin: string, channelId: string): Promise<Exit> {
  if (request.values['year'] !== undefined) throw new UsageFault('--year 只用于 clippings list')
  if (!/^[1-9]\d{0,14}$/.test(bulletin))
    throw new UsageFault('请写信息编号，例如 duoling clippings add 12 press-newspaper …')
  const typed = readTyped(request)
  return withInstallation(request, async (installation) => {
    const { app, agencyId, now } = installation
    const { personId: by } = personOnly(await actorOf(request, installation))
    const pictureHash = await keepPicture(installation, request.values['picture'])
    const entered = await enterClipping(app.hub, {
      ...{ agencyId, by, at: now(), bulletinId: Number(bulletin), channelId, ...typed },
      ...(pictureHash === undefined ? {} : { pictureHash }),
    })
    if (request.json) printJson(entered)
    else
      print(
        entered.first
          ? `已登记第 ${entered.clippingId} 号凭证，这条信息从此计入发布。`
          : `已登记第 ${entered.clippingId} 号凭证；这条信息已经计过，发布数不变。`,
      )
    return EXIT.ok
  })
}

type Typed = Pick<ClippingEntry, 'outlet' | 'kind' | 'appearedAt' | 'place' | 'url'>

function readTyped({ values }: VerbRequest): Typed {
  const { outlet, kind: kindName, on, place, url } = values
  if (outlet === undefined || kindName === undefined || on === undefined || place === undefined)
    throw new UsageFault('请写明 --outlet 媒体名称、--kind 类别、--on 刊播时间、--place 版面或节目')
  const when = instantOf(on)
  if ('problem' in when) throw new UsageFault(`--on ${when.problem}`)
  const more = url === undefined ? {} : { url }
  return { outlet, kind: kindOf(kindName), appearedAt: when.at, place, ...more }
}

function kindOf(text: string): ClippingKind {
  const found = CLIPPING_KINDS.find((kind) => kind === text || CLIPPING_KIND_NAMES[kind] === text)
  if (found) return found
  throw new UsageFault(
    `没有“${text}”这个类别，可写：${Object.values(CLIPPING_KIND_NAMES).join('、')}`,
  )
}

/** The hash under which the scan is kept; it is kept before it is named, as an attachment is. */
async function keepPicture(
  { app, agencyId, now }: Installation,
  path: string | undefined,
): Promise<string | undefined> {
  if (path === undefined) return undefined
  const file = resolve(path)
  const mediaType = MEDIA_TYPES[extname(file).toLowerCase()]
  if (mediaType === undefined)
    throw new UsageFault(`${basename(file)} 不是图片，样报请用 png、jpg 或 pdf`)
  const content = await readPicture(file)
  const blobs = folderBlobs(app.connection.db, blobFolder(app.parts.dataFolder), agencyId)
  return (await blobs.put({ content, mediaType, at: now() })).sha256
}

async function readPicture(file: string): Promise<Uint8Array> {
  try {
    const facts = await stat(file)
    // A pipe or a device may never end.
    if (!facts.isFile()) throw new UsageFault(`${file} 不是文件，请写样报图片的路径`)
    if (facts.size > ATTACHMENT_BYTES_MAX)
      throw new UsageFault(`样报超过 ${ATTACHMENT_BYTES_MAX / 1024 / 1024} MB，请压缩后再登记`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof UsageFault) throw error
    throw new EnvironmentFault(
      {
        what: `读不到样报（${errorCode(error) ?? '未知原因'}）`,
        where: file,
        next: '请核对路径和读取权限，再运行一次',
      },
      { cause: error },
    )
  }
}
