/** The honest receipt of a platform: its public page, fetched as a reader would, has our title or, after a
 *  withdrawal, has it no longer. What a page does not show is still open, never a failure. */
import { sha256Hex } from '../../src/kit/hash.ts'
import type { HttpAnswer, Pending } from '../channel.ts'

const TITLES = /<(title|h1)(?:\s[^>]{0,500})?>([\s\S]{0,2000}?)<\/\1\s*>/gi
const PAGE_CHARACTERS_MAX = 1_000_000
/** Between the title of an article and the name of the site. */
const SITE_NAME = /\s*[-_|–—·]\s*/
const MARKS = /^【(?:演练|测试)】/

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
}

/** True when the page at the publication's address bears it out. */
export function pageConfirms(answer: HttpAnswer, pending: Pick<Pending, 'title' | 'act'>): boolean {
  if (answer.kind !== 'answer') return false
  const { status } = answer
  if (pending.act === 'withdraw') {
    if (status === 404 || status === 410) return true
    // A page that asks for a login says nothing about what stands behind it.
    return status === 200 && !asksForLogin(answer) && !showsTitle(answer, pending.title)
  }
  return status === 200 && showsTitle(answer, pending.title)
}

function showsTitle(answer: Extract<HttpAnswer, { kind: 'answer' }>, title: string): boolean {
  const wanted = titleHash(title)
  if (wanted === titleHash('')) return false
  for (const [, , inner = ''] of pageText(answer).matchAll(TITLES)) {
    const text = decoded(inner.replace(/<[^>]*>/g, ''))
    const pieces = text.split(SITE_NAME)
    // A title may hold the same signs as stand before the name of the site.
    const candidates = pieces.map((_, index) => pieces.slice(0, index + 1).join(''))
    if (
      [text, ...candidates].some(
        (one) => titleHash(one.replace(SITE_NAME, '')) === wanted || titleHash(one) === wanted,
      )
    )
      return true
  }
  return false
}

/** The same for two titles a reader would call the same: width, blanks and our marks do not count. */
function titleHash(title: string): string {
  const plain = title
    .normalize('NFKC')
    .replace(/[\s\u200b\ufeff]+/gu, '')
    .replace(MARKS, '')
  return sha256Hex(plain.replace(new RegExp(SITE_NAME, 'g'), ''))
}

const LOGIN_PAGE =
  /<input\b[^>]{0,500}\btype\s*=\s*["']?password|<title[^>]{0,500}>\s*(?:请?登[录陆]|统一身份认证|log ?in|sign ?in)/i

function asksForLogin(answer: Extract<HttpAnswer, { kind: 'answer' }>): boolean {
  return LOGIN_PAGE.test(pageText(answer))
}

function pageText({ headers, body }: Extract<HttpAnswer, { kind: 'answer' }>): string {
  const head = Buffer.from(body.subarray(0, 2_000)).toString('latin1')
  const named = `${headers['content-type'] ?? ''} ${head}`
  const charset = /charset\s*=\s*["']?\s*(?:gb2312|gbk|gb18030)/i.test(named) ? 'gb18030' : 'utf-8'
  return new TextDecoder(charset).decode(body).slice(0, PAGE_CHARACTERS_MAX)
}

function decoded(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w{2,6}));/gi,
    (whole, decimal, hex, name) => {
      const code = decimal ? Number(decimal) : hex ? Number.parseInt(String(hex), 16) : undefined
      if (code !== undefined) return code <= 0x10ffff ? String.fromCodePoint(code) : whole
      return ENTITIES[String(name).toLowerCase()] ?? whole
    },
  )
}
