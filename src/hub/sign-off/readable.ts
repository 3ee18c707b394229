/** A revision as plain lines: what a reader of the phone page sees of it, and what is compared. */
import { type Metadata, plainText, type RevisionContent } from '../../domain/bulletin.ts'
import { METADATA_NAMES } from '../../domain/checks/passage.ts'
import { ENTRY_LEVEL_NAMES } from '../../domain/marks.ts'

const DISCLOSURE_NAMES: Readonly<Record<string, string>> = {
  ...{ proactive: '主动公开', 'on-application': '依申请公开', withheld: '不予公开' },
}

export function readable(content: RevisionContent): string {
  const { title, blocks, entries, attachments, metadata } = content
  const units = entries.map(({ unit, level, detail }) =>
    [unit, level && ENTRY_LEVEL_NAMES[level], detail].filter(Boolean).join(' '),
  )
  const facts = Object.entries(METADATA_NAMES).flatMap(([field, name]) => {
    const value = metadata[field as keyof Metadata]
    if (value === undefined || value.length === 0) return []
    const text = typeof value === 'string' ? value : value.join('、')
    return [`${name}：${DISCLOSURE_NAMES[text] ?? text}`]
  })
  const files = attachments.map(({ name, bytes }) => `附件：${name}（${bytes} 字节）`)
  return [title, plainText(blocks), ...units, ...files, ...facts].filter(Boolean).join('\n')
}
