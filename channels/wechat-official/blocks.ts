/** Blocks as HTML of plain elements, which the platform keeps; every character a person wrote is escaped,
 *  so that no text can pass for a picture's mark. A quote is never cut. */
import { type Block, ENTRY_LEVELS, type Entry } from '../../src/domain/bulletin.ts'
import { ENTRY_LEVEL_NAMES } from '../../src/domain/marks.ts'

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '').replace(/\s+/g, ' ')
}

function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
    .replace(/\r\n?|\n/g, '<br>')
}

/** Where the platform's address of this picture will stand. */
export function pictureMark(sha256: string): string {
  return `<img src="picture:${sha256}`
}

const MARKS = /<img src="picture:([0-9a-f]{64})"/g

export function picturesIn(content: string): readonly string[] {
  return [...new Set([...content.matchAll(MARKS)].map(([, sha256 = '']) => sha256))]
}

export function withAddresses(content: string, addresses: ReadonlyMap<string, string>): string {
  return content.replace(
    MARKS,
    (_, sha256: string) => `<img src="${attribute(addresses.get(sha256) ?? '')}"`,
  )
}

export function paragraph(text: string): string {
  return text === '' ? '' : `<p>${escaped(text)}</p>`
}

export function heading(text: string): string {
  return `<h2>${escaped(text)}</h2>`
}

export function blockHtml(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
      return paragraph(block.text)
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul'
      return `<${tag}>${block.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</${tag}>`
    }
    case 'table':
      return table(block.header, block.rows)
    case 'picture':
      return `<p>${pictureMark(block.sha256)}" alt="${attribute(block.alt)}"></p>${paragraph(block.alt)}`
    case 'attachment':
      return paragraph(`〔附件：${block.name}〕`)
    case 'quote': {
      const source = `来源：${block.source}，${block.issuedAt} 发布，原文转发`
      return `<blockquote>${paragraph(block.text)}</blockquote>${paragraph(source)}`
    }
  }
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
  const head = header.length === 0 ? '' : `<thead>${row(header, 'th')}</thead>`
  const body = rows.map((cells) => row(cells, 'td')).join('')
  return `<table border="1">${head}<tbody>${body}</tbody></table>`
}

export function entriesHtml(entries: readonly Entry[]): string {
  if (entries.length === 0) return ''
  const leveled = entries.some(({ level }) => level !== undefined && ENTRY_LEVELS.includes(level))
  const detailed = entries.some(({ detail }) => detail !== undefined)
  const header = ['序号', '单位名称', ...(leveled ? ['级别'] : []), ...(detailed ? ['内容'] : [])]
  const rows = entries.map(({ unit, level, detail }, index) => [
    String(index + 1),
    unit,
    ...(leveled ? [level ? ENTRY_LEVEL_NAMES[level] : ''] : []),
    ...(detailed ? [detail ?? ''] : []),
  ])
  return table(header, rows)
}
