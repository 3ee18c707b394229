/** Text on its way into HTML: nothing a person wrote can become a tag, an attribute or a link. */

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

// Control characters have no meaning on a page and are forbidden in the feed.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
const UNPRINTABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/g

export function clean(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, '')
}

export function escaped(text: string): string {
  return clean(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** Line breaks of the text stay line breaks of the page. */
export function lines(text: string): string {
  return escaped(text).replace(/\r\n?|\n/g, '<br>')
}

/** Right-to-left marks inside a text turn that text only, never what stands around it. */
export function isolated(text: string): string {
  return `<bdi>${escaped(text)}</bdi>`
}

export function isHash(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text)
}

/** Where a file of this bulletin stands, seen from its page `/item/{bulletinId}`. */
export function fileLink(bulletinId: number, sha256: string, name: string): string {
  const segment = encodeURIComponent(fileName(name)).replaceAll("'", '%27')
  return `${bulletinId}/attachment/${sha256}/${segment}`
}

/** A name that is one segment of an address and one file name on every system. */
function fileName(name: string): string {
  const plain = clean(name).replace(/[\t\r\n/\\:*?"<>|]/g, '_')
  return /^[.\s]*$/.test(plain) ? 'file' : plain
}

const KIB = 1024

export function sizeText(bytes: number): string {
  if (bytes < KIB) return `${bytes} 字节`
  if (bytes < KIB * KIB) return `${Math.round(bytes / KIB)} KB`
  return `${(bytes / KIB / KIB).toFixed(1)} MB`
}

/** PDF, DOCX …: from the name, because that is what the reader's system goes by. */
export function kindText(name: string, mediaType: string): string {
  const extension = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1]
  return (extension ?? mediaType.split('/').at(-1) ?? mediaType).toUpperCase()
}
