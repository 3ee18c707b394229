/** The closed list of blocks as HTML. A quote is never cut; a file without a hash is never linked. */
import type { Attachment, Block, Entry } from '../../src/domain/bulletin.ts'
import { ENTRY_LEVEL_NAMES } from '../../src/domain/marks.ts'
import { escaped, fileLink, isHash, kindText, lines, sizeText } from './markup.ts'

export interface Files {
  readonly bulletinId: number
  readonly attachments: readonly Attachment[]
}

export function blockHtml(block: Block, files: Files): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${lines(block.text)}</p>`
    case 'heading':
      return block.level === 3 ? `<h3>${lines(block.text)}</h3>` : `<h2>${lines(block.text)}</h2>`
    case 'list': {
      const tag = block.ordered ? 'ol' : 'ul'
      return `<${tag}>${block.items.map((item) => `<li>${lines(item)}</li>`).join('')}</${tag}>`
    }
    case 'table':
      return tableHtml('表格', block.header, block.rows)
    case 'picture':
      return pictureHtml(block, files)
    case 'attachment':
      return `<p>${fileHtml(block.sha256, block.name, files)}</p>`
    case 'quote':
      return `<figure class="quote"><blockquote><p>${lines(block.text)}</p></blockquote>
<figcaption>来源：${escaped(block.source)}，${escaped(block.issuedAt)} 发布，原文转发</figcaption></figure>`
  }
}

/** A wide table scrolls inside its own frame, which the keyboard can reach. */
function tableHtml(
  label: string,
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const heads = header.map((cell) => `<th scope="col">${lines(cell)}</th>`).join('')
  const body = rows.map(
    (row) => `<tr>${row.map((cell) => `<td>${lines(cell)}</td>`).join('')}</tr>`,
  )
  const head = header.length > 0 ? `<thead><tr>${heads}</tr></thead>` : ''
  return `<div class="wide" role="region" aria-label="${escaped(label)}" tabindex="0"><table>${head}
<tbody>${body.join('\n')}</tbody></table></div>`
}

export function entriesHtml(entries: readonly Entry[]): string {
  if (entries.length === 0) return ''
  const withLevel = entries.some((entry) => entry.level !== undefined)
  const withDetail = entries.some((entry) => entry.detail !== undefined)
  const header = ['序号', '单位名称']
  if (withLevel) header.push('级别')
  if (withDetail) header.push('内容')
  const rows = entries.map((entry, index) => {
    const row = [String(index + 1), entry.unit]
    if (withLevel) row.push(entry.level ? ENTRY_LEVEL_NAMES[entry.level] : '')
    if (withDetail) row.push(entry.detail ?? '')
    return row
  })
  return `<h2>名单（${entries.length} 家）</h2>\n${tableHtml('名单', header, rows)}`
}

function pictureHtml(block: { sha256: string; alt: string }, files: Files): string {
  if (!isHash(block.sha256)) return `<p>［图片：${escaped(block.alt)}］</p>`
  const known = files.attachments.find((file) => file.sha256 === block.sha256)
  const link = fileLink(files.bulletinId, block.sha256, known?.name ?? 'picture')
  const caption = block.alt === '' ? '' : `<figcaption>${escaped(block.alt)}</figcaption>`
  return `<figure><img src="${link}" alt="${escaped(block.alt)}" loading="lazy">${caption}</figure>`
}

function fileHtml(sha256: string, name: string, files: Files): string {
  if (!isHash(sha256)) return `［附件：${escaped(name)}］`
  const known = files.attachments.find((file) => file.sha256 === sha256)
  const facts = known
    ? `（${escaped(kindText(name, known.mediaType))}，${sizeText(known.bytes)}）`
    : ''
  return `<a href="${fileLink(files.bulletinId, sha256, name)}" download>${escaped(name)}</a>${facts}`
}

export function attachmentsHtml(files: Files): string {
  if (files.attachments.length === 0) return ''
  const items = files.attachments.map(
    (file) => `<li>${fileHtml(file.sha256, file.name, files)}</li>`,
  )
  return `<section class="files"><h2>附件</h2>\n<ul>${items.join('\n')}</ul></section>`
}

/** Pictures and files that cannot be shown, in words for the preview. */
export function lossesOf(blocks: readonly Block[], attachments: readonly Attachment[]): string[] {
  const lost: string[] = []
  for (const block of blocks) {
    if (block.kind === 'picture' && !isHash(block.sha256))
      lost.push(`图片「${block.alt}」没有上传成功，页面上只显示文字说明，请重新上传`)
    if (block.kind === 'attachment' && !isHash(block.sha256))
      lost.push(`附件「${block.name}」没有上传成功，页面上没有下载链接，请重新上传`)
  }
  for (const file of attachments)
    if (!isHash(file.sha256))
      lost.push(`附件「${file.name}」没有上传成功，页面上没有下载链接，请重新上传`)
  return lost
}
