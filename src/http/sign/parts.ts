/** The parts of a bulletin's page, each cut to what it may weigh, with a way to the whole. */
import { html } from 'hono/html'
import { STEP_NAMES } from '../../domain/chain.ts'
import { OPINION_NAMES } from '../../domain/review.ts'
import { changesOf } from '../../domain/word-diff.ts'
import { minuteOf } from '../../domain/year.ts'
import type { PlannedDispatch } from '../../hub/manifest.ts'
import type { BulletinPapers } from '../../hub/ports/lists.ts'
import type { Shown } from '../../hub/sign-off/shown.ts'
import { type Markup, markup, NOTHING } from './frame.ts'
import { channelText, cut, wordsOf } from './words.ts'

const OPINIONS_MAX = 12
const NOTE_BYTES_MAX = 300
const FINDINGS_MAX = 12
const FINDING_BYTES_MAX = 240
const FILES_MAX = 12
const CHANGE_BYTES_MAX = 4_000
const AROUND_CHARACTERS = 30
const CHANNELS_BYTES_MAX = 8_000
const CHANNEL_BYTES_MAX = 2_000

export function opinions({ latest, names }: Shown, papers: BulletinPapers | undefined): Markup {
  const given = (papers?.reviews ?? []).map((one) => ({
    ...{ at: one.at, hash: one.hash, revision: one.revision, note: one.note, who: one.reviewer },
    what: `${STEP_NAMES[one.step]}：${OPINION_NAMES[one.opinion]}`,
  }))
  const returned = (papers?.returns ?? []).map((one) => ({
    ...{ at: one.at, hash: '', revision: one.revision, note: one.reason, what: '退回' },
    who: names.get(one.returnedBy) ?? '',
  }))
  const all = [...given, ...returned].sort((a, b) => b.at.getTime() - a.at.getTime())
  const rows = all.slice(0, OPINIONS_MAX).map(({ at, hash, revision, note, who, what }) => {
    const old = hash === latest.hash ? '' : `（针对第 ${revision} 稿）`
    const said = note === '' ? '' : html`<p class="small">${cut(note, NOTE_BYTES_MAX).shown}</p>`
    return html`<div class="opinion"><p>${what}${old}</p>${said}<p class="small">${who} ${minuteOf(at)}</p></div>`
  })
  return markup(html`<section class="box" aria-labelledby="opinions"><h2 id="opinions">审查意见</h2>
${rows.length > 0 ? rows : html`<p class="small">还没有人给出意见。</p>`}</section>\n`)
}

export function changes({ changes: found, latest }: Shown): Markup {
  if (!found) return NOTHING
  const stretches = changesOf(found.pieces, AROUND_CHARACTERS)
  let left = CHANGE_BYTES_MAX
  const marked = stretches.map(({ kind, text, skipped }) => {
    if (left <= 0) return ''
    const { shown, left: rest } = cut(text, left)
    left = rest === '' ? left - Buffer.byteLength(shown) : 0
    const gap = skipped ? ' …… ' : ''
    if (kind === 'added') return html`<ins>${shown}</ins>`
    if (kind === 'removed') return html`<del>${shown}</del>`
    return `${gap}${shown}`
  })
  const same = found.pieces.every((one) => one.kind === 'same')
  return markup(html`<section class="box" aria-labelledby="changes"><h2 id="changes">与您看过的第 ${found.revision} 稿相比</h2>
${
  same
    ? html`<p>文字没有改动（现在是第 ${latest.number} 稿）。</p>`
    : html`<p class="pre">${marked}${left <= 0 ? ' ……（改动较多，请看全文）' : ''}</p><p class="small"><ins>下划线</ins>是加上的，<del>删除线</del>是去掉的。</p>`
}</section>\n`)
}

/** Exactly what leaves on each channel; short ones stand here, long ones have a page of their own. */
export function channels({ bulletin, dispatches }: Shown): Markup {
  if ('refusal' in dispatches) return NOTHING
  let left = CHANNELS_BYTES_MAX
  const rows = dispatches.may.map((dispatch) => {
    const { shown, left: rest } = cut(wordsOf(dispatch), Math.min(CHANNEL_BYTES_MAX, left))
    left -= Buffer.byteLength(shown)
    return channel(bulletin.id, dispatch, shown, rest !== '')
  })
  return markup(html`<section class="box" aria-labelledby="channels"><h2 id="channels">各渠道将发出的内容</h2>
${rows}</section>\n`)
}

function channel(bulletinId: number, dispatch: PlannedDispatch, shown: string, more: boolean) {
  const { channel: place, losses } = dispatch
  const gone = losses.map((one) => html`<p class="small loss">注意：${cut(one, 200).shown}</p>`)
  return html`<details><summary>${place.name}<small>${channelText(dispatch)}</small></summary>
<div class="bubble">${shown}${more ? '……' : ''}</div>${gone.slice(0, 3)}<a class="more" href="/sign/${bulletinId}/channel/${place.id}">单独看这一渠道 ›</a></details>`
}

export function findings({ findings: found, names }: Shown): Markup {
  const asked = found.filter((one) => one.severity !== 'hint')
  if (asked.length === 0)
    return markup(
      html`<section class="box" aria-labelledby="findings"><h2 id="findings">检查</h2><p>自动检查没有发现要改或要说明的内容。</p></section>\n`,
    )
  const rows = asked.slice(0, FINDINGS_MAX).map(({ text, answer }) => {
    const said = answer
      ? `说明：${cut(answer.answer, NOTE_BYTES_MAX).shown}（${names.get(answer.by) ?? ''} ${minuteOf(answer.at)}）`
      : '还没有说明'
    return html`<div class="opinion"><p>${cut(text, FINDING_BYTES_MAX).shown}</p><p class="small">${said}</p></div>`
  })
  const more = asked.length > FINDINGS_MAX ? `另有 ${asked.length - FINDINGS_MAX} 处。` : ''
  return markup(html`<section class="box" aria-labelledby="findings"><h2 id="findings">检查发现和说明（${asked.length} 处）</h2>
${rows}<p class="small">${more}</p></section>\n`)
}

export function files({ bulletin, content }: Shown): Markup {
  const { attachments } = content
  if (attachments.length === 0) return NOTHING
  const rows = attachments.slice(0, FILES_MAX).map(({ sha256, name, bytes }) => {
    const size =
      bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1_048_576).toFixed(1)} MB`
    return html`<li><a href="/sign/${bulletin.id}/file/${sha256}">${cut(name, 200).shown}（${size}）</a></li>`
  })
  const more = attachments.length - rows.length
  return markup(html`<section class="box" aria-labelledby="files"><h2 id="files">附件（${attachments.length} 个）</h2>
<ul class="links">${rows}</ul>${more > 0 ? html`<a class="more" href="/sign/${bulletin.id}/text?part=files">看全部附件 ›</a>` : ''}</section>\n`)
}
