/** A revision as plain lines: what a reader of the phone page sees of it, and what is compared. */
import { type Metadata, plainText, type RevisionContent } from '../../domain/bulletin.ts'
import { ENTRY_LEVEL_NAMES } from '../../domain/marks.ts'

const FACT_NAMES: Readonly<Record<keyof Metadata, string>> = {
  documentNumber: '文号',
  formedOn: '成文日期',
  disclosureMode: '公开方式',
  disclosurePeriod: '公开时限',
  audienceScope: '公开范围',
  section: '公开责任部门',
  subjectClass: '主题分类',
  genreClass: '体裁分类',
  validity: '有效性',
  summary: '摘要',
  keywords: '关键词',
  source: '信息来源',
  contact: '咨询电话',
}
const DISCLOSURE_NAMES: Readonly<Record<string, string>> = {
  ...{ proactive: '主动公开', 'on-application': '依申请公开', withheld: '不予公开' },
}

export function readable(content: RevisionContent): string {
  const { title, blocks, entries, attachments, metadata } = content
  const units = entries.map(({ unit, level, detail }) =>
    [unit, level && ENTRY_LEVEL_NAMES[level], detail].filter(Boolean).join(' '),
  )
  const facts = Object.entries(FACT_NAMES).flatMap(([field, name]) => {
    const value = metadata[field as keyof Metadata]
    if (value === undefined || value.length === 0) return []
    const text = typeof value === 'string' ? value : value.join('、')
    return [`${name}：${DISCLOSURE_NAMES[text] ?? text}`]
  })
  const files = attachments.map(({ name, bytes }) => `附件：${name}（${bytes} 字节）`)
  return [title, plainText(blocks), ...units, ...files, ...facts].filter(Boolean).join('\n')
}
