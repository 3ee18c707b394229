/** A text as a clerk has it on disk: Markdown, plain text or Word, turned into a revision's content. */
import { resolve } from 'node:path'
import { readMarkdown } from '../../documents/markdown.ts'
import { readWord } from '../../documents/word.ts'
import type { Block, Metadata, RevisionContent } from '../../domain/bulletin.ts'
import { UsageFault } from '../command.ts'
import { readTableFile } from '../table-file.ts'

const BYTES_MAX = 20 * 1024 * 1024

export interface TextFile {
  readonly content: RevisionContent
  /** what could not be taken over */
  readonly problems: readonly string[]
}

/** @throws UsageFault when the file has no title or is of another kind */
export async function readTextFile(path: string, title?: string): Promise<TextFile> {
  const file = resolve(path)
  const bytes = await readTableFile(file, BYTES_MAX)
  const read = await parse(file, bytes)
  const own = title ?? read.title
  const { blocks, metadata, problems } = read
  // Where nothing at all could be read, why not is the answer.
  if (blocks.length === 0 && problems[0] !== undefined) throw new UsageFault(problems[0])
  if (own === undefined || own.trim() === '')
    throw new UsageFault('没有标题：请在文件第一行写“# 标题”，或加 --title 标题')
  return {
    content: { title: own.trim(), blocks, metadata, attachments: [], entries: [] },
    problems,
  }
}

interface Parsed {
  readonly title?: string
  readonly blocks: readonly Block[]
  readonly metadata: Metadata
  readonly problems: readonly string[]
}

async function parse(file: string, bytes: Uint8Array): Promise<Parsed> {
  if (/\.docx$/i.test(file)) return { metadata: {}, ...(await readWord(bytes)) }
  if (!/\.(?:md|markdown|txt)$/i.test(file))
    throw new UsageFault('只能读 .md、.txt 或 .docx 文件；其他格式请先另存为 docx')
  try {
    return readMarkdown(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return readMarkdown(new TextDecoder('gb18030').decode(bytes))
  }
}
