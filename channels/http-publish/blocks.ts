/** A body as a platform takes it: HTML of plain elements, or text. A quote is never cut; every character a
 *  person wrote is escaped. */
import { type Block, ENTRY_LEVELS, type Entry } from '../../src/domain/bulletin.ts'
import { ENTRY_LEVEL_NAMES } from '../../src/domain/marks.ts'

export type BodyForm = 'html' | 'text'

export function escapeHtml(text: string): string {
  return text
    .replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

function lines(text: string): string {
  return escapeHtml(text).replace(/\r\n?|\n/g, '<br>')
}

export function paragraph(text: string, form: BodyForm): string {
  return form === 'html' ? `<p>${lines(text)}</p>` : text
}

export function joined(parts: readonly string[], form: BodyForm): string {
  return parts.filter(Boolean).join(form === 'html' ? '\n' : '\n\n')
}

export function blockText(block: Block, form: BodyForm): string {
  switch (block.kind) {
    case 'paragraph':
      return paragraph(block.text, form)
    case 'heading':
      return form === 'html'
        ? `<h${block.level}>${lines(block.text)}</h${block.level}>`
        : block.text
    case 'list':
      return listText(block.ordered, block.items, form)
    case 'table':
      return tableText(block.header, block.rows, form)
    case 'picture':
      return block.alt === '' ? '' : paragraph(`〔图片：${block.alt}〕`, form)
    case 'attachment':
      return paragraph(`〔附件：${block.name}〕`, form)
    case 'quote':
      return form === 'html'
        ? `<blockquote><p>${lines(block.text)}</p></blockquote><p>来源：${lines(`${block.source}，${block.issuedAt}`)} 发布，原文转发</p>`
        : `${block.text}\n（来源：${block.source}，${block.issuedAt} 发布，原文转发）`
  }
}

function listText(ordered: boolean, items: readonly string[], form: BodyForm): string {
  if (form === 'text')
    return items.map((item, index) => `${ordered ? `${index + 1}. ` : '· '}${item}`).join('\n')
  const tag = ordered ? 'ol' : 'ul'
  return `<${tag}>${items.map((item) => `<li>${lines(item)}</li>`).join('')}</${tag}>`
}

function tableText(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  form: BodyForm,
): string {
  if (form === 'text')
    return [header, ...rows]
      .filter((row) => row.length > 0)
      .map((row) => row.join('　'))
      .join('\n')
  const row = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${lines(cell)}</${tag}>`).join('')}</tr>`
  const head = header.length === 0 ? '' : `<thead>${row(header, 'th')}</thead>`
  const body = rows.map((cells) => row(cells, 'td')).join('')
  return `<table border="1">${head}<tbody>${body}</tbody></table>`
}

export function entriesText(entries: readonly Entry[], form: BodyForm): string {
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
  return tableText(header, rows, form)
}
