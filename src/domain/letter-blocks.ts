/** What a letter shows of a text: each block as plain text and as simple HTML that carries no script and
 *  loads nothing; a picture is its description. */
import type { Block } from './bulletin.ts'

export function textOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return block.text
    case 'list':
      return block.items
        .map((item, index) => `${block.ordered ? `${index + 1}. ` : '· '}${item}`)
        .join('\n')
    case 'table':
      return [block.header, ...block.rows].map((row) => row.join(' | ')).join('\n')
    case 'picture':
      return block.alt ? `〔图片：${block.alt}〕` : ''
    case 'attachment':
      return `〔附件：${block.name}〕`
    case 'quote':
      return `${block.source} ${block.issuedAt}：\n${block.text}`
  }
}

export function htmlOfBlock(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul'
      return `<${tag}>${block.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</${tag}>`
    }
    case 'table': {
      const row = (cells: readonly string[], tag: string) =>
        `<tr>${cells.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join('')}</tr>`
      const rows = block.rows.map((cells) => row(cells, 'td')).join('')
      return `<table border="1" cellspacing="0" cellpadding="4">${row(block.header, 'th')}${rows}</table>`
    }
    case 'quote':
      return `<p>${escaped(`${block.source} ${block.issuedAt}`)}：</p><blockquote>${escaped(block.text)}</blockquote>`
    default:
      return paragraph(textOfBlock(block))
  }
}

export function paragraph(text: string): string {
  return text === '' ? '' : `<p>${escaped(text)}</p>`
}

function escaped(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
  return text
    .replace(/[&<>]/g, (character) => names[character] ?? '')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('\n', '<br>')
}
