/** Renders one revision as a short message: free text, or an approved template with its variables. Pure.
 *  Nothing is ever cut: what does not fit is a problem, and what cannot be said is a loss. */
import { wordingOf } from '../../src/domain/approved-template.ts'
import { LEVEL_NAMES, MODE_MARKS } from '../../src/domain/marks.ts'
import type { Field } from '../../src/domain/payload.ts'
import {
  lossesOf,
  shortMessage,
  signatureMark,
  tidy,
  titleOf,
  wholeOf,
  why,
} from '../../src/domain/short-message.ts'
import type { Act } from '../../src/domain/signature.ts'
import type { Rendered, RenderInput } from '../channel.ts'
import type { ApprovedTemplate, MessageChoice, SmsSettings, VariableSource } from './settings.ts'

export const TEMPLATE = 'template'
export const TEXT = 'text'
export const VARIABLE = 'variable.'

export function renderMessage(input: RenderInput, settings: SmsSettings): Rendered {
  const { message } = settings
  return message.form === 'text'
    ? renderText(input, settings, message)
    : renderTemplate(input, settings, message)
}

function renderText(
  input: RenderInput,
  { signature }: SmsSettings,
  choice: Extract<MessageChoice, { form: 'text' }>,
): Rendered {
  const { text, losses } = shortMessage(input, { ...choice, signature })
  return { payload: { form: 'text', fields: { [TEXT]: text } }, losses }
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
  title: ({ title }, settings) => titleOf(title, signatureMark(settings)),
  text: (input) => (input.act === 'withdraw' ? '' : wholeOf(input).join('\n')),
  summary: ({ metadata }) => tidy(metadata.summary),
  level: ({ level }) => LEVEL_NAMES[level],
  source: ({ metadata }) => tidy(metadata.source ?? ''),
  'document-number': ({ metadata }) => tidy(metadata.documentNumber ?? ''),
  'formed-on': ({ metadata }) => tidy(metadata.formedOn ?? ''),
  agency: ({ agency }) => agency.shortName,
  contact: ({ metadata }) => tidy(metadata.contact ?? ''),
  reason: ({ reason }) => tidy(reason ?? ''),
}
