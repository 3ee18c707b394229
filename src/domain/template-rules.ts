/** Which 报备模板 an account has, as settings say it. Refuses templates that cannot say anything, each wrong
 *  field by its name. */

export const VARIABLE_SOURCES = [
  ...['title', 'text', 'summary', 'level', 'source', 'document-number', 'formed-on'],
  ...['agency', 'contact', 'reason', 'recipient-name'],
] as const
export type VariableSource = (typeof VARIABLE_SOURCES)[number]

export interface TemplateVariable {
  readonly name: string
  readonly from: VariableSource
  /** longer values are refused before anybody signs */
  readonly charactersMax: number
}

export interface ApprovedTemplate {
  /** the platform's own name of it */
  readonly code: string
  /** the approved words with `{{variable}}`, for the preview and for counting parts */
  readonly wording: string
  readonly variables: readonly TemplateVariable[]
}

export interface ApprovedTemplates {
  readonly publish: ApprovedTemplate
  readonly amend?: ApprovedTemplate
  readonly withdraw?: ApprovedTemplate
}

const ACTS = ['publish', 'amend', 'withdraw'] as const
const WORDING_CHARACTERS_MAX = 1_000
const VARIABLES_MAX = 20
const VARIABLE_CHARACTERS_MAX = 1_000

/** An alias, because a schema takes it with an index signature. */
type Issue = {
  readonly code: 'custom'
  readonly path: string[]
  readonly message: string
  readonly input: undefined
}
type Complain = (path: string, message: string) => void

/** What is wrong with `templates` of a road's settings, as issues of its schema by the path below it. */
export function templatesIssues(given: unknown): Issue[] {
  const issues: Issue[] = []
  const complain: Complain = (path, message) => {
    const steps = path.split('.').filter(Boolean)
    issues.push({ code: 'custom', path: steps, message, input: undefined })
  }
  if (!isRecord(given)) {
    complain('', '请写成 { "publish": { "code": …, "wording": …, "variables": […] } }')
    return issues
  }
  unknownKeys(given, ACTS, '', complain)
  if (given['publish'] === undefined) complain('publish', '请填写发布用的模板')
  for (const act of ACTS) if (given[act] !== undefined) templateProblems(given[act], act, complain)
  return issues
}

function templateProblems(given: unknown, at: string, complain: Complain): void {
  if (!isRecord(given)) {
    complain(at, '请写成 { "code": …, "wording": …, "variables": […] }')
    return
  }
  unknownKeys(given, ['code', 'wording', 'variables'], `${at}.`, complain)
  const { code, wording, variables } = given
  if (!isText(code, 100)) complain(`${at}.code`, '请填写平台给的模板编号')
  if (!isText(wording, WORDING_CHARACTERS_MAX))
    complain(`${at}.wording`, `请填写报备的模板文字，最多 ${WORDING_CHARACTERS_MAX} 个字`)
  if (!Array.isArray(variables) || variables.length === 0 || variables.length > VARIABLES_MAX) {
    complain(`${at}.variables`, `请列出模板的变量，1 到 ${VARIABLES_MAX} 个`)
    return
  }
  const words = typeof wording === 'string' ? wording : ''
  for (const [index, one] of variables.entries())
    variableProblems(one, `${at}.variables.${index}`, words, complain)
  const known = variables.filter(isRecord)
  const names = known.map(({ name }) => name)
  if (new Set(names).size < names.length) complain(`${at}.variables`, '变量名不能重复')
  if (!known.some(({ from }) => from === 'title' || from === 'text'))
    complain(`${at}.variables`, '至少一个变量取自标题或正文')
  if (at !== 'publish' && !known.some(({ from }) => from === 'reason'))
    complain(`${at}.variables`, '更正和撤下的模板要有一个变量取自 reason，说明原因')
  for (const name of namesIn(words))
    if (!names.includes(name)) complain(`${at}.wording`, `没有名为 ${name.slice(0, 40)} 的变量`)
}

function namesIn(wording: string): readonly string[] {
  return [...wording.matchAll(/\{\{\s*([^}]*?)\s*\}\}/g)].map(([, name = '']) => name)
}

function variableProblems(given: unknown, at: string, wording: string, complain: Complain): void {
  if (!isRecord(given)) {
    complain(at, '请写成 { "name": …, "from": …, "charactersMax": … }')
    return
  }
  unknownKeys(given, ['name', 'from', 'charactersMax'], `${at}.`, complain)
  const { name, from, charactersMax } = given
  if (typeof name !== 'string' || !/^\w{1,50}$/.test(name))
    complain(`${at}.name`, '变量名用 1 到 50 个字母、数字或下划线')
  else if (!namesIn(wording).includes(name)) complain(at, `模板文字中没有 {{${name}}}`)
  if (typeof from !== 'string' || !(VARIABLE_SOURCES as readonly string[]).includes(from))
    complain(`${at}.from`, `请选 ${VARIABLE_SOURCES.join('、')} 之一`)
  const whole = Number.isInteger(charactersMax) ? Number(charactersMax) : 0
  if (whole < 1 || whole > VARIABLE_CHARACTERS_MAX)
    complain(`${at}.charactersMax`, `请写平台允许的字数，1 到 ${VARIABLE_CHARACTERS_MAX}`)
}

function unknownKeys(
  given: object,
  known: readonly string[],
  at: string,
  complain: Complain,
): void {
  for (const key of Object.keys(given))
    if (!known.includes(key)) complain(`${at}${key}`, '没有这一项设置，请删除或核对名称')
}

function isText(given: unknown, max: number): boolean {
  return typeof given === 'string' && given.trim() !== '' && [...given].length <= max
}

function isRecord(given: unknown): given is Readonly<Record<string, unknown>> {
  return typeof given === 'object' && given !== null && !Array.isArray(given)
}
