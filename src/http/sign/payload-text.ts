/** A payload as text to be read on a phone: holes by their names, a web page without its tags. What leaves is
 *  the payload itself; this only shows it. */
import type { Field, HoleName, Payload } from '../../domain/payload.ts'

const HOLE_NAMES: Readonly<Record<HoleName, string>> = {
  'public-url': '〔公开网址〕',
  'index-number': '〔索引号〕',
  'published-at': '〔发布时间〕',
  'media-id': '〔素材编号〕',
  'unsubscribe-url': '〔退订链接〕',
  'recipient-name': '〔对象名称〕',
}

function fieldText(field: Field): string {
  return field.map((one) => (typeof one === 'string' ? one : HOLE_NAMES[one.hole])).join('')
}

export function payloadText(payload: Payload): string {
  if (payload.form === 'html') return readingText(payloadMarkup(payload))
  const texts = Object.values(payload.fields).map(fieldText)
  return texts.filter((text) => text.trim() !== '').join('\n')
}

/** Never markup, whatever somebody wrote into them. */
const LINES = ['title', 'subject', 'summary']

/** The fields of a web page in their order; what is no markup stands in it as the text it is. */
export function payloadMarkup({ fields }: Payload): string {
  return Object.entries(fields)
    .map(([name, field]) => {
      const text = fieldText(field)
      if (LINES.includes(name)) return `<p>${escaped(text)}</p>`
      return text.trimStart().startsWith('<') ? text : escaped(text)
    })
    .join('')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

const BREAKS =
  /<\/?(?:p|div|h[1-6]|li|tr|ul|ol|table|dl|dt|dd|br|article|header|figure|blockquote)\b[^>]*>/gi
const ENTITIES: Readonly<Record<string, string>> = {
  ...{ '&lt;': '<', '&gt;': '>', '&amp;': '&', '&quot;': '"', '&#39;': "'", '&nbsp;': ' ' },
}

function readingText(markup: string): string {
  return markup
    .replaceAll(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, '')
    .replaceAll(BREAKS, '\n')
    .replaceAll(/<\/t[dh]>/gi, '\t')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(?:lt|gt|amp|quot|nbsp|#39);/g, (entity) => ENTITIES[entity] ?? entity)
    .replaceAll(/[ \t]*\n\s*/g, '\n')
    .trim()
}
