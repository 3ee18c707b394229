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

export function fieldText(field: Field): string {
  return field.map((one) => (typeof one === 'string' ? one : HOLE_NAMES[one.hole])).join('')
}

export function payloadText({ form, fields }: Payload): string {
  const texts = Object.values(fields).map(fieldText)
  if (form === 'html') return readingText(texts.join(''))
  return texts.filter((text) => text.trim() !== '').join('\n')
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
