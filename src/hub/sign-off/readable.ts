/** A revision as plain lines: what a reader of the phone page sees of it, and what is compared. */
import { plainText, type RevisionContent } from '../../domain/bulletin.ts'
import { ENTRY_LEVEL_NAMES } from '../../domain/marks.ts'

export function readable(content: RevisionContent): string {
  const { title, blocks, entries, attachments, metadata } = content
  const units = entries.map(({ unit, level, detail }) =>
    [unit, level && ENTRY_LEVEL_NAMES[level], detail].filter(Boolean).join(' '),
  )
  const facts = Object.entries(metadata).map(([, value]) => String(value))
  const files = attachments.map(({ name, bytes }) => `附件：${name}（${bytes} 字节）`)
  return [title, plainText(blocks), ...units, ...files, ...facts].filter(Boolean).join('\n')
}
