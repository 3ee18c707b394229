/** 来文: a document the office system hands over with its 文号, its 公开属性 and its paper approval. It is
 *  refused with all its faults at once, and names only plain files beside itself. */
import { TITLE_CHARACTERS_MAX } from './bulletin.ts'
import { type Day, isDay } from './calendar/day.ts'
import { OPINION_NAMES, SECRECY_OPINIONS } from './review.ts'

/** 公开属性 as it stands on the document, and 公开方式 as the item carries it. */
export const DISCLOSURE_ATTRIBUTES = {
  主动公开: 'proactive',
  依申请公开: 'on-application',
  不予公开: 'withheld',
} as const
export type DisclosureAttribute = keyof typeof DISCLOSURE_ATTRIBUTES

type SecrecyOpinion = (typeof SECRECY_OPINIONS)[number]

/** 纸质审签: what was approved on paper, by whom and when. */
export interface OfficeApproval {
  /** as written on the sheet */
  readonly reviewer: string
  readonly opinion: SecrecyOpinion
  readonly reviewedOn: Day
  readonly signer: string
  readonly signedOn: Day
  /** SHA-256 of the file the sheet speaks of, in lower-case hex */
  readonly fileHash: string
  /** the same of every attachment that was approved with it */
  readonly attachmentHashes: readonly string[]
  /** name of the scanned sheet */
  readonly sheet: string
}

export interface OfficeDocument {
  /** the office system's own id */
  readonly externalId: string
  readonly title: string
  readonly documentNumber: string
  readonly disclosureAttribute: DisclosureAttribute
  readonly section: string
  readonly formedOn: Day
  readonly categoryId: string
  readonly file: string
  readonly attachments: readonly { readonly file: string; readonly name: string }[]
  readonly approval?: OfficeApproval
}

export interface OfficeFault {
  readonly field: string
  readonly text: string
}

export type OfficeReading =
  | { readonly document: OfficeDocument }
  | { readonly faults: readonly OfficeFault[] }

export const OFFICE_LIMITS = {
  packagesMax: 500,
  documentBytesMax: 256 * 1024,
  attachmentsMax: 50,
} as const
const EXTERNAL_ID_CHARACTERS_MAX = 100
const WORD_CHARACTERS_MAX = 60
const NAME_CHARACTERS_MAX = 40
const FILE_NAME_CHARACTERS_MAX = 120
export const DOCUMENT_FILE = 'document.json'

/** Attachments a disclosed item may carry, with what they are. */
const OFFICE_MEDIA_TYPES: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  ofd: 'application/ofd',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  wps: 'application/vnd.ms-works',
  et: 'application/vnd.ms-excel',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  zip: 'application/zip',
  md: 'text/markdown',
  txt: 'text/plain',
}
const TEXT_KINDS = ['docx', 'md', 'txt'] as const
const SHEET_KINDS = ['jpg', 'jpeg', 'png', 'pdf'] as const
const ATTACHMENT_KINDS = Object.keys(OFFICE_MEDIA_TYPES).filter((kind) => kind !== 'md')

export function kindOf(fileName: string): string {
  return /\.([a-z0-9]{1,8})$/i.exec(fileName)?.[1]?.toLowerCase() ?? ''
}

export function mediaTypeOf(fileName: string): string {
  return OFFICE_MEDIA_TYPES[kindOf(fileName)] ?? 'application/octet-stream'
}

/** @param today nothing on paper is younger */
export function readOfficeDocument(value: unknown, today: Day): OfficeReading {
  const faults: OfficeFault[] = []
  if (!isRecord(value)) return { faults: [{ field: DOCUMENT_FILE, text: '应为一组字段' }] }
  const reader = readerOf(value, '', faults, today)
  reader.only([...FIELDS, 'attachments', 'approval'])
  const document: OfficeDocument = {
    externalId: reader.word('externalId', EXTERNAL_ID_CHARACTERS_MAX),
    title: reader.word('title', TITLE_CHARACTERS_MAX),
    documentNumber: reader.word('documentNumber', WORD_CHARACTERS_MAX),
    disclosureAttribute: reader.oneOf(
      'disclosureAttribute',
      Object.keys(DISCLOSURE_ATTRIBUTES) as DisclosureAttribute[],
    ),
    section: reader.word('section', WORD_CHARACTERS_MAX),
    formedOn: reader.day('formedOn'),
    categoryId: reader.word('categoryId', WORD_CHARACTERS_MAX),
    file: reader.file('file', TEXT_KINDS),
    attachments: attachmentsOf(value['attachments'], faults, today),
    ...(value['approval'] === undefined
      ? {}
      : { approval: approvalOf(value['approval'], faults, today) }),
  }
  faults.push(...whyNotApart(document))
  return faults.length > 0 ? { faults } : { document }
}

const FIELDS = [
  ...(['externalId', 'title', 'documentNumber', 'disclosureAttribute', 'section'] as const),
  ...(['formedOn', 'categoryId', 'file'] as const),
]

function attachmentsOf(
  value: unknown,
  faults: OfficeFault[],
  today: Day,
): OfficeDocument['attachments'] {
  if (value === undefined) return []
  if (!Array.isArray(value)) return failed(faults, 'attachments', '应为列表', [])
  if (value.length > OFFICE_LIMITS.attachmentsMax)
    return failed(faults, 'attachments', `最多 ${OFFICE_LIMITS.attachmentsMax} 件，请拆分`, [])
  return value.map((one: unknown, index) => {
    const place = `attachments[${index}]`
    if (!isRecord(one)) return failed(faults, place, '应为一组字段', { file: '', name: '' })
    const reader = readerOf(one, `${place}.`, faults, today)
    reader.only(['file', 'name'])
    return {
      file: reader.file('file', ATTACHMENT_KINDS),
      name: reader.word('name', FILE_NAME_CHARACTERS_MAX),
    }
  })
}

function approvalOf(value: unknown, faults: OfficeFault[], today: Day): OfficeApproval {
  const reader = readerOf(isRecord(value) ? value : {}, 'approval.', faults, today)
  const names = SECRECY_OPINIONS.map((opinion) => OPINION_NAMES[opinion])
  const said = ['reviewer', 'opinion', 'reviewedOn', 'signer', 'signedOn', 'fileHash', 'sheet']
  reader.only([...said, 'attachmentHashes'])
  const opinion = reader.oneOf('opinion', names)
  const approval: OfficeApproval = {
    reviewer: reader.word('reviewer', NAME_CHARACTERS_MAX),
    opinion: SECRECY_OPINIONS.find((one) => OPINION_NAMES[one] === opinion) ?? 'withheld',
    reviewedOn: reader.day('reviewedOn'),
    signer: reader.word('signer', NAME_CHARACTERS_MAX),
    signedOn: reader.day('signedOn'),
    fileHash: reader.hash('fileHash'),
    attachmentHashes: reader.hashes('attachmentHashes'),
    sheet: reader.file('sheet', SHEET_KINDS),
  }
  if (isDay(approval.signedOn) && approval.signedOn < approval.reviewedOn)
    faults.push({ field: 'approval.signedOn', text: '签发日期早于审查日期，请核对' })
  return approval
}

/** Two names for one file would let one pass for the other. */
function whyNotApart({ file, attachments, approval }: OfficeDocument): readonly OfficeFault[] {
  const names = [file, ...attachments.map((one) => one.file), approval?.sheet ?? '']
  const seen = new Set<string>()
  return names.flatMap((name) => {
    const folded = name.normalize('NFC').toLowerCase()
    if (name === '' || !seen.has(folded)) {
      seen.add(folded)
      return []
    }
    return [{ field: 'attachments', text: `文件“${name}”写了两次，请各用一个文件名` }]
  })
}

type Fields = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function failed<T>(faults: OfficeFault[], field: string, text: string, fallback: T): T {
  faults.push({ field, text })
  return fallback
}

/** Characters nobody sees: they turn a name around or make two names look alike. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u

/** Reads one group of fields; what is wrong is noted and the reading goes on. */
function readerOf(fields: Fields, prefix: string, faults: OfficeFault[], today: Day) {
  const fail = (field: string, text: string) => failed(faults, `${prefix}${field}`, text, '')
  const text = (field: string): string => {
    const value = Object.hasOwn(fields, field) ? fields[field] : undefined
    if (value === undefined || value === null || value === '')
      return fail(field, '缺少这一项，请补充')
    if (typeof value !== 'string') return fail(field, '应为文字')
    const trimmed = value.normalize('NFC').trim()
    if (trimmed === '') return fail(field, '缺少这一项，请补充')
    return UNSEEN.test(trimmed) ? fail(field, '含有看不见的字符，请重新录入') : trimmed
  }
  const word = (field: string, limit: number): string => {
    const value = text(field)
    return [...value].length > limit ? fail(field, `最多 ${limit} 字，请删减`) : value
  }
  const hash = (value: string, field: string): string => {
    const lower = value.toLowerCase()
    return value === '' || /^[0-9a-f]{64}$/.test(lower)
      ? lower
      : fail(field, '应为 64 位十六进制的 SHA-256 校验值')
  }
  return {
    word,
    only(known: readonly string[]): void {
      for (const field of Object.keys(fields)
        .filter((one) => !known.includes(one))
        .slice(0, 20))
        fail(shortened(field), '没有这一项，请核对名称或删去')
    },
    oneOf<T extends string>(field: string, choices: readonly T[]): T {
      const value = text(field)
      const found = choices.find((choice) => choice === value)
      if (found === undefined && value !== '') fail(field, `可填：${choices.join('、')}`)
      return found ?? (choices[0] as T)
    },
    day(field: string): Day {
      const value = text(field)
      if (value === '') return ''
      if (!isDay(value)) return fail(field, '应为日期，例如 2026-11-20')
      return value > today ? fail(field, '日期在今天之后，请核对') : value
    },
    hash: (field: string) => hash(text(field), field),
    hashes(field: string): readonly string[] {
      const value = fields[field] ?? []
      if (!Array.isArray(value) || value.length > OFFICE_LIMITS.attachmentsMax)
        return failed(faults, `${prefix}${field}`, '应为附件校验值的列表', [])
      return value.map((one: unknown) => hash(typeof one === 'string' ? one : '?', field))
    },
    file(field: string, kinds: readonly string[]): string {
      const name = word(field, FILE_NAME_CHARACTERS_MAX)
      if (name === '') return ''
      if (!isPlainName(name)) return fail(field, '只能写本文件夹内的文件名，不带路径')
      return kinds.includes(kindOf(name)) ? name : fail(field, `文件类型可为：${kinds.join('、')}`)
    },
  }
}

function shortened(field: string): string {
  return [...field.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '?')].slice(0, NAME_CHARACTERS_MAX).join('')
}

/** A name that stays in its folder on every system there is. */
export function isPlainName(name: string): boolean {
  return !/[/\\:*?"<>|]/.test(name) && !name.startsWith('.') && name.toLowerCase() !== DOCUMENT_FILE
}
