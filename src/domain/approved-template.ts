/** 报备模板: words a platform has approved, with variables filled from one revision. Pure. Nothing is ever cut:
 *  what does not fit is a problem, what cannot be said a loss. Refuses to say another body's words in part. */
import type { Block, Level, Mode, RevisionContent } from './bulletin.ts'
import { LEVEL_NAMES, MODE_MARKS } from './marks.ts'
import type { Field, FilledFields, Payload } from './payload.ts'
import type { Act } from './signature.ts'
import type { ApprovedTemplate, ApprovedTemplates, VariableSource } from './template-rules.ts'

/** Fields of the payload; a variable is `variable.` and its name. Signature and order stand in it, so that
 *  settings that change later do not change what was signed. */
export const TEMPLATE = 'template'
export const TEXT = 'text'
export const SIGNATURE = 'signature'
/** names of the variables in the order of the template */
const ORDER = 'order'
const VARIABLE = 'variable.'

/** what a hole is reckoned to take while nobody knows its value */
const HOLE_CHARACTERS = 10

const NO_TEMPLATE =
  '没有能说这条信息的报备模板：更正和撤下各需自己的模板，转发的原文需要取自正文的变量；请添加模板或改走其他通路'

/** What a template is filled from. */
export interface Sayable extends RevisionContent {
  readonly agency: { readonly shortName: string }
  readonly mode: Mode
  readonly level: Level
  readonly act: Act
  readonly reason?: string
}

/** @param signature what the platform puts before the words, without 【】; empty for a voice */
export function renderApproved(
  input: Sayable,
  templates: ApprovedTemplates,
  signature: string,
): { readonly payload: Payload; readonly losses: readonly string[] } {
  const mark = markOf(signature)
  const approved = templateOf(templates, input.act)
  const quoted = input.act !== 'withdraw' && input.blocks.some(({ kind }) => kind === 'quote')
  const whole = approved?.variables.some(({ from }) => from === 'text') ?? false
  if (!approved || (quoted && !whole)) {
    // Without a code the check stops it; the text says what would have been said.
    const said = `${mark}${MODE_MARKS[input.mode]}${tidy(input.title)} ${tidy(input.reason ?? '')}`
    return {
      payload: { form: 'template', fields: { [TEMPLATE]: [''], [TEXT]: [said] } },
      losses: [],
    }
  }
  const variables = variablesOf(input, approved, mark)
  const order = approved.variables.map(({ name }) => name).join(',')
  const fields: Record<string, Field> = { [TEMPLATE]: [approved.code], [ORDER]: [order] }
  if (signature !== '') fields[SIGNATURE] = [signature]
  for (const [name, field] of variables) fields[`${VARIABLE}${name}`] = field
  fields[TEXT] = [mark, ...wordingOf(approved.wording, variables)]
  const losses = input.act === 'withdraw' ? [] : lossesOf(input, whole)
  return { payload: { form: 'template', fields }, losses }
}

/** The values of a filled template in the order of its variables. */
export function orderedVariables(fields: FilledFields): readonly string[] {
  const variables = variablesIn(fields)
  const names = (fields[ORDER] ?? '').split(',').filter(Boolean)
  return names.map((name) => variables[name] ?? '')
}

/** The variables of a filled template by their names. */
export function variablesIn(fields: FilledFields): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const [name, value] of Object.entries(fields))
    if (name.startsWith(VARIABLE)) variables[name.slice(VARIABLE.length)] = value
  return variables
}

export interface TemplateProblem {
  readonly field: string
  readonly text: string
  readonly limit?: number
}

export function checkApproved(
  payload: Payload,
  templates: ApprovedTemplates,
  signature: string,
): readonly TemplateProblem[] {
  const mark = markOf(signature)
  const code = reckoned(payload.fields[TEMPLATE])
  const approved = [templates.publish, templates.amend, templates.withdraw].find(
    (one) => one !== undefined && one.code === code,
  )
  if (!approved) return [{ field: TEMPLATE, text: NO_TEMPLATE }]
  const problems: TemplateProblem[] = []
  const text = reckoned(payload.fields[TEXT])
  if (mark !== '' && text.indexOf(mark, 1) !== -1)
    problems.push({ field: TEXT, text: `签名${mark}由平台加一次，请从正文中删去` })
  for (const { name, charactersMax } of approved.variables) {
    const field = `${VARIABLE}${name}`
    const value = reckoned(payload.fields[field])
    const over = [...value].length - charactersMax
    const limit = charactersMax
    if (over > 0) {
      const said = `变量 ${name} 最多 ${limit} 个字，请删去 ${over} 个字；原文不会自动截断`
      problems.push({ field, text: said, limit })
    }
    if (value === '') problems.push({ field, text: `变量 ${name} 是空的，请填写对应的内容` })
    if (/https?:\/\//i.test(value))
      problems.push({ field, text: `变量 ${name} 中不能有链接，请把链接写进报备的模板` })
  }
  return problems
}

/** The words as they will be read, with every hole at its reckoned width. */
export function reckoned(field: Field | undefined): string {
  return (field ?? [])
    .map((piece) => (typeof piece === 'string' ? piece : 'x'.repeat(HOLE_CHARACTERS)))
    .join('')
}

function markOf(signature: string): string {
  return signature === '' ? '' : `【${signature}】`
}

function templateOf(templates: ApprovedTemplates, act: Act): ApprovedTemplate | undefined {
  return act === 'amend' || act === 'withdraw' ? templates[act] : templates.publish
}

/** The mark of an exercise goes into the first variable that says something of the bulletin. */
function variablesOf(input: Sayable, approved: ApprovedTemplate, mark: string) {
  let modeMark = MODE_MARKS[input.mode]
  const variables = new Map<string, Field>()
  for (const { name, from } of approved.variables) {
    if (from === 'recipient-name') {
      variables.set(name, [{ hole: 'recipient-name' }])
      continue
    }
    const said = modeMark !== '' && (from === 'title' || from === 'text')
    variables.set(name, [`${said ? modeMark : ''}${SOURCES[from](input, mark)}`])
    if (said) modeMark = ''
  }
  return variables
}

const SOURCES: Readonly<
  Record<Exclude<VariableSource, 'recipient-name'>, (input: Sayable, mark: string) => string>
> = {
  title: ({ title }, mark) => withoutMark(tidy(title), mark),
  text: (input) => (input.act === 'withdraw' ? '' : wholeOf(input)),
  summary: ({ metadata }) => tidy(metadata.summary ?? ''),
  level: ({ level }) => LEVEL_NAMES[level],
  source: ({ metadata }) => tidy(metadata.source ?? ''),
  'document-number': ({ metadata }) => tidy(metadata.documentNumber ?? ''),
  'formed-on': ({ metadata }) => tidy(metadata.formedOn ?? ''),
  agency: ({ agency }) => agency.shortName,
  contact: ({ metadata }) => tidy(metadata.contact ?? ''),
  reason: ({ reason }) => tidy(reason ?? ''),
}

/** The approved words with the variables in their places. */
export function wordingOf(wording: string, variables: ReadonlyMap<string, Field>): Field {
  return wording
    .split(/(\{\{\s*\w+\s*\}\})/)
    .flatMap((piece) => variables.get(/^\{\{\s*(\w+)\s*\}\}$/.exec(piece)?.[1] ?? '') ?? [piece])
}

/** A title that already carries the signature keeps it once, and the platform adds that. */
function withoutMark(title: string, mark: string): string {
  let rest = title
  while (mark !== '' && rest.startsWith(mark)) rest = rest.slice(mark.length).trim()
  return rest
}

function wholeOf({ blocks, entries, metadata }: Sayable): string {
  const { source, contact } = metadata
  return [
    ...blocks.map(textOfBlock),
    entries.map(({ unit, detail }) => tidy(detail ? `${unit}：${detail}` : unit)).join('；'),
    source ? `来源：${tidy(source)}` : '',
    contact ? `咨询电话：${tidy(contact)}` : '',
  ]
    .filter(Boolean)
    .join(' ')
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

/** A variable is one line: no line breaks, no tabulators, nothing a phone cannot show. */
function tidy(text: string): string {
  return text
    .replace(/[\r\n\t]+/g, ' ')
    .replace(/\p{Cc}/gu, '')
    .trim()
}

function lossesOf({ blocks, attachments, metadata }: Sayable, whole: boolean): string[] {
  const lost: string[] = []
  const pictures = blocks.filter(({ kind }) => kind === 'picture').length
  const tables = blocks.filter(({ kind }) => kind === 'table').length
  if (!whole) lost.push('正文不发出，只发模板变量说到的内容')
  if (pictures > 0) lost.push(`${pictures} 张图片不发出`)
  if (whole && tables > 0) lost.push(`${tables} 个表格改为一行文字，表头不发`)
  const names = new Set(attachments.map(({ name }) => name))
  for (const block of blocks) if (block.kind === 'attachment') names.add(block.name)
  if (names.size > 0) lost.push(`附件不发出：${[...names].join('、')}`)
  if (metadata.documentNumber) lost.push(`文号不发出：${metadata.documentNumber}`)
  return lost
}
