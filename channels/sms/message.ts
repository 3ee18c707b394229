/** Renders one revision as a short message: free text, or an approved template with its variables. Pure.
 *  Nothing is ever cut: what does not fit is a problem, and what cannot be said is a loss. */
import type { Block, Level, Mode } from '../../src/domain/bulletin.ts'
import type { Field, Payload } from '../../src/domain/payload.ts'
import type { Act } from '../../src/domain/signature.ts'
import type { Rendered, RenderInput } from '../channel.ts'
import type { ApprovedTemplate, MessageChoice, SmsSettings, VariableSource } from './settings.ts'

const MODE_MARKS: Readonly<Record<Mode, string>> = {
  earnest: '',
  exercise: '【演练】',
  test: '【测试】',
}
const LEVEL_NAMES: Readonly<Record<Level, string>> = {
  red: '红色',
  orange: '橙色',
  yellow: '黄色',
  blue: '蓝色',
  routine: '',
}
export const TEMPLATE = 'template'
export const TEXT = 'text'
export const VARIABLE = 'variable.'

export function signatureMark(settings: Pick<SmsSettings, 'signature'>): string {
  return `【${settings.signature}】`
}

export function renderMessage(input: RenderInput, settings: SmsSettings): Rendered {
  const { message } = settings
  return message.form === 'text'
    ? renderText(input, settings, message)
    : renderTemplate(input, settings, message)
}

type TextChoice = Extract<MessageChoice, { form: 'text' }>

function renderText(input: RenderInput, settings: SmsSettings, choice: TextChoice): Rendered {
  const withdrawn = input.act === 'withdraw'
  const title = titleOf(input, settings)
  const whole = choice.contents === 'whole' || (choice.contents === 'summary' && !summaryOf(input))
  const lines = withdrawn
    ? [`撤下：${title}，请停止使用和转发`, why(input)]
    : [
        `${levelMark(input)}${input.act === 'amend' ? '更正：' : ''}${title}`,
        input.act === 'amend' ? why(input) : '',
        ...(whole ? wholeOf(input) : partOf(input, choice.contents === 'summary')),
      ]
  const said = lines.filter(Boolean).join(choice.lineBreak)
  const text: Field = [
    `${signatureMark(settings)}${MODE_MARKS[input.mode]}${said}`,
    ...(choice.link && !withdrawn
      ? [`${choice.lineBreak}详见 `, { hole: 'public-url' } as const, ' ']
      : []),
    ...(choice.unsubscribe ? [choice.unsubscribe] : []),
  ]
  const payload: Payload = { form: 'text', fields: { [TEXT]: text } }
  return { payload, losses: withdrawn ? [] : lossesOf(input, whole) }
}

function renderTemplate(
  input: RenderInput,
  settings: SmsSettings,
  choice: Extract<MessageChoice, { form: 'template' }>,
): Rendered {
  const approved = templateOf(choice, input.act)
  const quoted = input.act !== 'withdraw' && input.blocks.some(({ kind }) => kind === 'quote')
  const holdsQuote = approved?.variables.some(({ from }) => from === 'text')
  if (!approved || (quoted && !holdsQuote))
    // Without a code the check stops it; the text says what would have been said.
    return {
      payload: {
        form: 'template',
        fields: {
          [TEMPLATE]: [''],
          [TEXT]: [
            `${signatureMark(settings)}${MODE_MARKS[input.mode]}${input.title} ${why(input)}`,
          ],
        },
      },
      losses: [],
    }
  const variables = variablesOf(input, settings, approved)
  const fields: Record<string, Field> = { [TEMPLATE]: [approved.code] }
  for (const [name, field] of variables) fields[`${VARIABLE}${name}`] = field
  fields[TEXT] = [signatureMark(settings), ...wordingOf(approved.wording, variables)]
  const whole = approved.variables.some(({ from }) => from === 'text')
  return { payload: { form: 'template', fields }, losses: lossesOf(input, whole) }
}

function templateOf(
  choice: Extract<MessageChoice, { form: 'template' }>,
  act: Act,
): ApprovedTemplate | undefined {
  return act === 'amend' || act === 'withdraw' ? choice[act] : choice.publish
}

/** The mark of an exercise goes into the first variable that says something of the bulletin. */
function variablesOf(input: RenderInput, settings: SmsSettings, approved: ApprovedTemplate) {
  let mark = MODE_MARKS[input.mode]
  const variables = new Map<string, Field>()
  for (const { name, from } of approved.variables) {
    if (from === 'url') variables.set(name, [{ hole: 'public-url' }])
    else {
      const said = mark !== '' && (from === 'title' || from === 'text')
      variables.set(name, [`${said ? mark : ''}${SOURCES[from](input, settings)}`])
      if (said) mark = ''
    }
  }
  return variables
}

const SOURCES: Readonly<
  Record<
    Exclude<VariableSource, 'url'>,
    (input: RenderInput, settings: Pick<SmsSettings, 'signature'>) => string
  >
> = {
  title: titleOf,
  text: (input) => (input.act === 'withdraw' ? '' : wholeOf(input).join('\n')),
  summary: (input) => summaryOf(input),
  level: ({ level }) => LEVEL_NAMES[level],
  source: ({ metadata }) => tidy(metadata.source ?? ''),
  'document-number': ({ metadata }) => tidy(metadata.documentNumber ?? ''),
  'formed-on': ({ metadata }) => tidy(metadata.formedOn ?? ''),
  agency: ({ agency }) => agency.shortName,
  contact: ({ metadata }) => tidy(metadata.contact ?? ''),
  reason: ({ reason }) => tidy(reason ?? ''),
}

function wordingOf(wording: string, variables: ReadonlyMap<string, Field>): Field {
  return wording
    .split(/(\{\{\s*\w+\s*\}\})/)
    .flatMap((piece) => variables.get(/^\{\{\s*(\w+)\s*\}\}$/.exec(piece)?.[1] ?? '') ?? [piece])
}

/** A title that already carries the signature keeps it once. */
function titleOf({ title }: RenderInput, settings: Pick<SmsSettings, 'signature'>): string {
  const mark = signatureMark(settings)
  let rest = tidy(title)
  while (rest.startsWith(mark)) rest = rest.slice(mark.length).trim()
  return rest
}

function levelMark({ level, title }: RenderInput): string {
  const name = LEVEL_NAMES[level]
  // A relayed warning often names its level in its own title.
  return name === '' || (title.includes(name) && title.includes('预警')) ? '' : `${name}预警：`
}

function why({ reason }: RenderInput): string {
  return reason ? `原因：${tidy(reason)}` : ''
}

function summaryOf({ metadata }: RenderInput): string {
  return tidy(metadata.summary ?? '')
}

function wholeOf({ blocks, entries, metadata }: RenderInput): readonly string[] {
  return [
    ...blocks.map(textOfBlock),
    entries.map(({ unit, detail }) => tidy(detail ? `${unit}：${detail}` : unit)).join('；'),
    ...closing(metadata),
  ].filter(Boolean)
}

/** Another body's words are said whole, however little else is. */
function partOf(input: RenderInput, withSummary: boolean): readonly string[] {
  const quotes = input.blocks.filter((block) => block.kind === 'quote')
  return [
    withSummary ? summaryOf(input) : '',
    ...quotes.map(textOfBlock),
    ...closing(input.metadata),
  ]
}

function closing({ source, contact }: RenderInput['metadata']): readonly string[] {
  return [source ? `来源：${tidy(source)}` : '', contact ? `咨询电话：${tidy(contact)}` : '']
}

function textOfBlock(block: Block): string {
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return tidy(block.text)
    case 'list':
      return block.items
        .map((item, index) => `${block.ordered ? `${index + 1}.` : '·'}${tidy(item)}`)
        .join('；')
    case 'table':
      return block.rows.map((row) => row.map(tidy).filter(Boolean).join(' ')).join('；')
    case 'quote':
      return `${tidy(block.source)} ${tidy(block.issuedAt)}：${tidy(block.text)}`
    case 'picture':
    case 'attachment':
      return ''
  }
}

/** One kind of line break, no tabulators, nothing a phone cannot show. */
function tidy(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replaceAll('\t', ' ')
    .replace(/[^\P{Cc}\n]/gu, '')
    .trim()
}

function lossesOf({ blocks, attachments, metadata }: RenderInput, whole: boolean): string[] {
  const lost: string[] = []
  const pictures = blocks.filter((block) => block.kind === 'picture').length
  const tables = blocks.filter((block) => block.kind === 'table').length
  if (!whole) lost.push('正文不随短信发出，只发标题、摘要和转发的原文')
  if (pictures > 0) lost.push(`${pictures} 张图片不随短信发出`)
  if (whole && tables > 0) lost.push(`${tables} 个表格改为逐行文字，表头不发`)
  const names = new Set(attachments.map(({ name }) => name))
  for (const block of blocks) if (block.kind === 'attachment') names.add(block.name)
  if (names.size > 0) lost.push(`附件不随短信发出：${[...names].join('、')}`)
  if (metadata.documentNumber) lost.push(`文号不随短信发出：${metadata.documentNumber}`)
  return lost
}
