/** 自由填写的字: what nobody reviewed carries no link and no markup into a text somebody did review. What the
 *  text has without those words is left alone: its reviewer saw it. */
import type { RevisionContent } from '../bulletin.ts'
import { foundAt } from './context.ts'
import type { Found } from './finding.ts'
import { contentPassages, type Passage } from './passage.ts'

/** Names outside ASCII under which phones and browsers know addresses. */
const OTHER_ENDS =
  '中国|中國|公司|网络|網絡|网址|政务|公益|在线|中文网|集团|商城|网店|移动|手机|香港'

/** Looked for in NFKC, where full-width letters, dots and slashes are the plain ones. A number before a dot
 *  counts lines, unless what follows is a usual end of an address. */
const LINKS: readonly RegExp[] = [
  /[a-z][a-z0-9+.-]{1,20}:\/\/[^\s<>"'，。；！？、）】》]*/giu,
  /\b(?:mailto|javascript|vbscript|weixin|alipays?|data):\S*/giu,
  /\bwww[.。][^\s，；！？、）】》]*/giu,
  /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+[.。][\p{L}\p{N}.-]+/giu,
  /(?:[\p{L}\p{N}-]*[\p{L}-][\p{L}\p{N}-]*|\p{N}{3,})\.[a-z]{2,24}(?![a-z0-9])[^\s，。；！？、）】》]*/giu,
  /[a-z0-9-]+[.。](?:com|cn|net|org|cc|top|me|io|vip|xyz|info|biz|ly)(?![a-z0-9])[^\s，。；！？、）】》]*/giu,
  new RegExp(`[\\p{L}\\p{N}-]*\\p{L}[\\p{L}\\p{N}-]*\\.(?:${OTHER_ENDS})`, 'giu'),
  /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])(?::\d+)?(?:\/\S*)?/gu,
]

/** HTML and XML, their escapes, Markdown, bulletin boards, and the holes of template languages. */
const MARKUP =
  /<\s*[a-z/!?%]|\/>|-->|\]\]>|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]{1,30});|!?\[[^\]]*\]\(|\[\/?(?:url|img|b|i|u|color|size|font)\b|\*\*|__|`|\$\{|\{%|\bon[a-z]{3,20}\s*=/giu

type Code = 'free-word-link' | 'free-word-markup'

interface Hit {
  readonly code: Code
  readonly text: string
}

/** Links and markup of the filled text that are not there without its free words; each is a `stop`.
 *  `bare` is the same text with every free word left out. */
export function findInFreeWords(bare: RevisionContent, filled: RevisionContent): readonly Found[] {
  const before = new Map(contentPassages(bare).map((one) => [one.field, one.text]))
  return contentPassages(filled).flatMap((passage) => {
    const known = new Set(hits(before.get(passage.field) ?? '').map(({ text }) => text))
    return hits(passage.text)
      .filter(({ text }) => !known.has(text))
      .map((hit) => found(passage, hit))
  })
}

function hits(text: string): readonly Hit[] {
  const plain = text.normalize('NFKC')
  const all = (pattern: RegExp, code: Code) =>
    [...plain.matchAll(pattern)].map(([one]): Hit => ({ code, text: one }))
  return [
    ...LINKS.flatMap((pattern) => all(pattern, 'free-word-link')),
    ...all(MARKUP, 'free-word-markup'),
  ]
}

/** Its place is the whole passage: a link may begin in one blank and end in another. */
function found(passage: Passage, { code, text }: Hit): Found {
  const link = code === 'free-word-link'
  return foundAt(passage, 0, passage.text.length, {
    ...{ code, severity: 'stop', about: text },
    say: link ? '的自由填写中有网址或邮箱' : '的自由填写中有标记符号',
    fix: link
      ? '自由填写的字里不能有网址、邮箱，请删去；确需链接的，改走审查签发'
      : '自由填写的字里不能有 <、&、方括号链接等标记，请改成普通文字',
  })
}
