/** pdf: the text of its pages, remarks, and who is named as author. No script of the file is run. */
import { getDocumentProxy } from 'unpdf'
import type { FileText } from '../domain/checks/file-text.ts'
import { Unreadable } from './archive.ts'
import { type Collector, collector } from './parts.ts'

const PAGES_MAX = 2_000

type Document = Awaited<ReturnType<typeof getDocumentProxy>>
type Page = Awaited<ReturnType<Document['getPage']>>

/** @throws Unreadable */
export async function pdfText(bytes: Uint8Array): Promise<FileText> {
  const document = await open(bytes)
  try {
    const into = collector()
    const pages = Math.min(document.numPages, PAGES_MAX)
    for (let number = 1; number <= pages && !into.full; number += 1) {
      const page = await document.getPage(number)
      await addPage(page, number, into)
      page.cleanup()
    }
    const hasText = into.done(false)
    if (hasText.kind === 'text' && hasText.parts.length === 0) throw new Unreadable('no-text')
    await addInfo(document, into)
    const read = into.done(false)
    return read.kind === 'text' ? { ...read, cut: read.cut || pages < document.numPages } : read
  } finally {
    await document.cleanup()
  }
}

async function open(bytes: Uint8Array): Promise<Document> {
  try {
    return await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0, stopAtErrors: false })
  } catch (error) {
    const locked = error instanceof Error && error.name === 'PasswordException'
    throw new Unreadable(locked ? 'encrypted' : 'corrupt', { cause: error })
  }
}

async function addPage(page: Page, number: number, into: Collector): Promise<void> {
  const { items } = await page.getTextContent()
  const pieces = items.map((item) => ('str' in item ? `${item.str}${item.hasEOL ? '\n' : ''}` : ''))
  into.add('text', `第${number}页`, pieces.join(''))
  const remarks: readonly unknown[] = await page.getAnnotations()
  remarks.forEach((remark, index) => {
    const text = remarkText(remark)
    if (text !== '') into.add('comment', `第${number}页批注${index + 1}`, text)
  })
}

/** Links are no remarks; fields of a form and notes are. */
function remarkText(remark: unknown): string {
  if (typeof remark !== 'object' || remark === null) return ''
  const { subtype, contentsObj, fieldValue } = remark as Readonly<Record<string, unknown>>
  if (subtype === 'Link') return ''
  if (typeof fieldValue === 'string' && fieldValue !== '') return fieldValue
  if (typeof contentsObj !== 'object' || contentsObj === null) return ''
  const { str } = contentsObj as Readonly<Record<string, unknown>>
  return typeof str === 'string' ? str : ''
}

async function addInfo(document: Document, into: Collector): Promise<void> {
  const { info } = await document.getMetadata()
  const facts = info as Readonly<Record<string, unknown>>
  const add = (kind: 'author' | 'text', name: string, place: string) => {
    const value = facts[name]
    if (typeof value === 'string') into.add(kind, place, value)
  }
  add('author', 'Author', '作者')
  add('text', 'Title', '属性“标题”')
  add('text', 'Subject', '属性“主题”')
  add('text', 'Keywords', '属性“关键词”')
}
