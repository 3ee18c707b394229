/** The article of one item as it is signed: title, metadata block, body, list, files and notes.
 *  The two values known only when it leaves stand in fields of their own and are escaped then. */
import type { Metadata, Mode } from '../../src/domain/bulletin.ts'
import { MODE_MARKS } from '../../src/domain/marks.ts'
import type { Field, FilledFields } from '../../src/domain/payload.ts'
import type { RenderInput } from '../channel.ts'
import { attachmentsHtml, blockHtml, entriesHtml } from './blocks.ts'
import { clean, escaped, isolated, lines } from './markup.ts'

/** In the order of the page; what stands between two holes is one field. */
export const ARTICLE_FIELDS = ['start', 'index-number', 'middle', 'published-at', 'end'] as const

const MODE_NOTES: Readonly<Record<Mode, string>> = {
  earnest: '',
  exercise: '<p class="note mode">【演练】这是一次演练，不是真实信息。</p>\n',
  test: '<p class="note mode">【测试】这是一次渠道测试，不是真实信息。</p>\n',
}

const LEVEL_TEXTS = {
  red: '红色预警 Ⅰ',
  orange: '橙色预警 Ⅱ',
  yellow: '黄色预警 Ⅲ',
  blue: '蓝色预警 Ⅳ',
} as const

const DISCLOSURE_MODES = {
  proactive: '主动公开',
  'on-application': '依申请公开',
  withheld: '不予公开',
} as const

function markedTitle(input: { title: string; mode: Mode }): string {
  const mark = MODE_MARKS[input.mode]
  const title = clean(input.title)
  return title.startsWith(mark) ? title : `${mark}${title}`
}

/** Text between `<dd>` and `</dd>` of the two holes is filled when the item leaves. */
export function articleFields(input: RenderInput): Record<string, Field> {
  const { mode, metadata, category, agency } = input
  const level = input.level === 'routine' ? '' : levelHtml(input.level)
  const numbered = mode === 'earnest'
  return {
    title: [markedTitle(input)],
    start: [
      `${headTags(metadata, agency.name)}<article class="item">
${MODE_NOTES[mode]}${noteHtml(input)}<header>${level}<h1>${isolated(markedTitle(input))}</h1></header>
<dl class="facts">
<div><dt>索引号</dt><dd>`,
    ],
    'index-number': numbered ? [{ hole: 'index-number' }] : ['不编号'],
    middle: [
      `</dd></div>
${rows([
  ['文号', metadata.documentNumber],
  ['发布机构', agency.name],
  ['公开责任部门', metadata.section],
  ['信息分类', category.name],
  ['成文日期', metadata.formedOn],
])}<div><dt>发布日期</dt><dd>`,
    ],
    'published-at': [{ hole: 'published-at' }],
    end: [
      `</dd></div>
${rows(laterFacts(metadata, agency.name))}</dl>
<div class="body">
${bodyHtml(input)}
</div>
${attachmentsHtml(input)}
</article>`,
    ],
  }
}

/** What is read at the address of a withdrawn item. Title and text are gone, because they may be
 *  the very reason; the signed reason says what has to be said. */
export function tombstoneFields(input: RenderInput): Record<string, Field> {
  const reason = input.reason?.trim() || '发布机关决定撤下'
  return {
    title: [`${MODE_MARKS[input.mode]}信息已撤下`],
    start: [
      `<article class="item">
${MODE_NOTES[input.mode]}<header><h1>本信息已撤下</h1></header>
<p class="note">这里原有一条「${escaped(input.category.name)}」信息，已由${escaped(input.agency.name)}撤下，请不要再引用或转发。</p>
<dl class="facts">
${rows([
  ['撤下原因', reason],
  ['发布机构', input.agency.name],
  ['咨询电话', input.metadata.contact],
])}</dl>
</article>`,
    ],
    'index-number': [''],
    middle: [''],
    'published-at': [''],
    end: [''],
  }
}

/** The whole article, or undefined when a field is missing. */
export function assemble(fields: FilledFields): string | undefined {
  let html = ''
  for (const name of ARTICLE_FIELDS) {
    const text = fields[name]
    if (text === undefined) return undefined
    html += name === 'index-number' || name === 'published-at' ? escaped(text) : text
  }
  return html
}

function levelHtml(level: keyof typeof LEVEL_TEXTS): string {
  return `<p class="level ${level}">${LEVEL_TEXTS[level]}</p>`
}

function noteHtml({ act, reason }: RenderInput): string {
  if (act !== 'amend') return ''
  const text = reason?.trim() || '内容有更正，以本页现在的内容为准'
  return `<p class="note"><strong>更正说明：</strong>${lines(text)}</p>\n`
}

function laterFacts(metadata: Metadata, agencyName: string): [string, string | undefined][] {
  const { disclosureMode } = metadata
  return [
    ['公开方式', disclosureMode && DISCLOSURE_MODES[disclosureMode]],
    ['公开时限', metadata.disclosurePeriod],
    ['公开范围', metadata.audienceScope],
    ['主题分类', metadata.subjectClass],
    ['体裁分类', metadata.genreClass],
    ['有效性', metadata.validity],
    ['信息来源', metadata.source ?? agencyName],
    ['关键词', metadata.keywords?.join('；')],
    ['内容概述', metadata.summary],
    ['咨询电话', metadata.contact],
  ]
}

function rows(facts: readonly (readonly [string, string | undefined])[]): string {
  return facts
    .filter(([, value]) => value !== undefined && value.trim() !== '')
    .map(([name, value]) => `<div><dt>${name}</dt><dd>${lines(value ?? '')}</dd></div>\n`)
    .join('')
}

function bodyHtml(input: RenderInput): string {
  const blocks = input.blocks.map((block) => blockHtml(block, input))
  return [...blocks, entriesHtml(input.entries)].filter(Boolean).join('\n')
}

/** Page tags (政府网站发展指引) only the article knows; the portal moves them into the head. */
function headTags(metadata: Metadata, agencyName: string): string {
  const tags: [string, string | undefined][] = [
    ['ContentSource', metadata.source ?? agencyName],
    ['Keywords', metadata.keywords?.join(',')],
    ['Description', metadata.summary],
    ['Author', metadata.section ?? agencyName],
  ]
  return tags
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `<meta name="${name}" content="${oneLine(value ?? '')}">\n`)
    .join('')
}

function oneLine(text: string): string {
  return escaped(text.replace(/\s+/g, ' '))
}
