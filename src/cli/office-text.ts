/** A document of the office system as a body: Word, Markdown or plain text, with everything that did not
 *  become part of it, because an approval covers what its people saw. Never throws for what is in a file. */
import { readFile } from '../documents/file.ts'
import { readMarkdown } from '../documents/markdown.ts'
import { readWord } from '../documents/word.ts'
import type { FileText } from '../domain/checks/file-text.ts'
import {
  DISCLOSURE_ATTRIBUTES,
  kindOf,
  mediaTypeOf,
  type OfficeDocument,
} from '../domain/office-document.ts'
import type { OfficeText } from '../hub/ports/office.ts'

export async function readOfficeText(
  document: OfficeDocument,
  bytes: Uint8Array,
): Promise<OfficeText> {
  if (kindOf(document.file) === 'docx') {
    const { problems, ...word } = await readWord(bytes)
    const whole = await readFile(bytes, mediaTypeOf(document.file))
    return { ...word, losses: [...problems, ...besides(whole)] }
  }
  const { problems, metadata, ...markdown } = readMarkdown(decode(bytes))
  const { disclosureMode: mode } = metadata
  const other = mode !== undefined && mode !== DISCLOSURE_ATTRIBUTES[document.disclosureAttribute]
  const losses = other ? [...problems, '正文文件里的公开方式与公开属性不一致'] : problems
  return { ...markdown, losses }
}

/** A page's number is no part of what was approved. */
const PAGE_NUMBER = /^[\s\d\-—–－·第页共/／]*$/
/** Places of a Word file whose words are not in the body. */
const BESIDE = /^(?:页眉|页脚|脚注|尾注)/
const KINDS: Readonly<Record<string, string>> = {
  change: '修订痕迹',
  hidden: '隐藏文字',
  comment: '批注',
}

function besides(file: FileText): readonly string[] {
  if (file.kind !== 'text') return []
  const found = new Set<string>()
  for (const { kind, place, text } of file.parts) {
    if (PAGE_NUMBER.test(text)) continue
    const name = KINDS[kind] ?? (kind === 'text' ? BESIDE.exec(place)?.[0] : undefined)
    if (name) found.add(`正文文件有${name}，没有成为稿件的内容`)
  }
  return [...found]
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
