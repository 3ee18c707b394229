/** What should be there and is not: metadata of the category, descriptions of pictures. */
import type { Metadata, RevisionContent } from '../bulletin.ts'
import type { CheckContext } from './context.ts'
import type { Found, Severity } from './finding.ts'
import { metadataName } from './passage.ts'

type Expected = Readonly<Partial<Record<keyof Metadata, Severity>>>

/** 公开要素 of every item (政府信息公开目录; disclosure portals show them). */
const EXPECTED: Expected = { disclosureMode: 'hint', section: 'hint', formedOn: 'hint' }

/** What a category needs besides. A decision is named by its number (行政处罚法 第五十九条). */
const EXPECTED_OF: Readonly<Record<string, Expected>> = {
  penalty: { documentNumber: 'ask' },
  'system-document': { documentNumber: 'hint', validity: 'hint' },
  licence: { documentNumber: 'hint' },
  'accident-report': { source: 'hint' },
  'accident-handling': { documentNumber: 'hint' },
  'annual-report': { disclosurePeriod: 'hint' },
  'policy-reading': { source: 'hint' },
  response: { contact: 'hint' },
}

const FORMAL_NUMBER = /^[\p{Script=Han}（）()]{1,30}〔(?:19|20)\d\d〕[1-9]\d{0,4}号$/u

export function findMissing(context: CheckContext): readonly Found[] {
  const { content, categoryId, day } = context
  const expected = { ...EXPECTED, ...EXPECTED_OF[categoryId] }
  const missing = Object.entries(expected).flatMap(([name, severity]) =>
    isThere(content.metadata, name)
      ? []
      : [about(`metadata/${name}`, 'field-missing', severity, `缺少${metadataName(name)}`)],
  )
  return [
    ...missing,
    ...numberForm(content.metadata.documentNumber),
    ...formedLater(content.metadata.formedOn, day),
    ...entriesWithoutLevel(content, categoryId),
    ...silentPictures(content),
  ]
}

function isThere(metadata: Metadata, name: string): boolean {
  const value = metadata[name as keyof Metadata]
  return value !== undefined && (typeof value === 'string' ? value.trim() : value).length > 0
}

function about(
  field: string,
  code: Found['code'],
  severity: Severity,
  text: string,
  more: { readonly fix?: string; readonly matched?: string } = {},
): Found {
  const { fix = '请补上这一项', matched = '' } = more
  return { code, severity, field, from: 0, to: 0, text, fix, matched }
}

function numberForm(number: string | undefined): readonly Found[] {
  if (number === undefined || FORMAL_NUMBER.test(number)) return []
  const fix = '文号形如“桐应急〔2026〕5号”：机关代字、六角括号年份、序号'
  const more = { fix, matched: number }
  return [
    about('metadata/documentNumber', 'document-number', 'hint', `文号“${number}”不合格式`, more),
  ]
}

function formedLater(formedOn: string | undefined, day: string): readonly Found[] {
  if (formedOn === undefined || formedOn <= day) return []
  const more = { fix: '请核对成文日期', matched: formedOn }
  return [about('metadata/formedOn', 'impossible-date', 'ask', '成文日期在今天之后', more)]
}

function entriesWithoutLevel({ entries }: RevisionContent, categoryId: string): readonly Found[] {
  if (categoryId !== 'hazard-list') return []
  const index = entries.findIndex((entry) => entry.level === undefined)
  const count = entries.filter((entry) => entry.level === undefined).length
  if (count === 0) return []
  return [
    about(`entries/${index}/level`, 'field-missing', 'hint', `有 ${count} 家没有写挂牌级别`, {
      matched: String(count),
    }),
  ]
}

function silentPictures({ blocks }: RevisionContent): readonly Found[] {
  return blocks.flatMap((block, index) =>
    block.kind === 'picture' && block.alt.trim() === ''
      ? [
          about(
            `blocks/${index}/alt`,
            'alt-missing',
            'hint',
            `正文第${index + 1}段的图片没有说明`,
            {
              fix: '请写一句图片说明，读屏的人靠它（无障碍环境建设法第三十二条）',
              matched: block.sha256,
            },
          ),
        ]
      : [],
  )
}
