/** 受众: who is meant, and how far reality may move from what the leader saw. A list names its members,
 *  a rule says it in a small closed language over tags and area; what is not in the language, or is too
 *  deep or too long, is refused. */
import type { Refusal } from './refusal.ts'

/** What must be true of a contact. `all` and `any` hold further terms. */
export type AudienceTerm =
  | { readonly tag: string }
  | { readonly area: string }
  | { readonly all: readonly AudienceTerm[] }
  | { readonly any: readonly AudienceTerm[] }

/** A rule: whom `meant` means, without anybody the audiences of `minus` mean. */
export type AudienceDefinition = {
  readonly meant: AudienceTerm
  /** ids of lists or rules, sorted */
  readonly minus?: readonly string[]
}

/** Audiences by id; their union is meant, each contact once. Empty for a place. Where one is a rule,
 *  its definition of the moment stands beside it and is signed along: what is sent later is what was
 *  signed, whatever became of the definition since. */
export type AudienceRule = {
  readonly audiences: readonly string[]
  /** by audience id; also of rules that are only taken away. Absent when only lists are named. */
  readonly definitions?: { readonly [audience: string]: AudienceDefinition }
  /** only whom this dispatch of the same text certainly did not reach */
  readonly failedOf?: number
  /** only whom one of these dispatches of the same bulletin reached, or may have: whom a withdrawal means */
  readonly toldBy?: readonly number[]
}

/** `all` or `any` inside one another. */
const RULE_DEPTH_MAX = 4
export const RULE_TERMS_MAX = 100
const RULE_MINUS_MAX = 20
/** Rules that take rules away, one behind the other, and all rules a signed rule brings along. */
export const RULE_CHAIN_MAX = 4
export const RULE_DEFINITIONS_MAX = 40
export const TAG_CHARACTERS_MAX = 40
export const AREA_CHARACTERS_MAX = 40
export const AUDIENCE_ID = /^[a-z0-9-]{1,40}$/

export type DefinitionReading =
  | { readonly definition: AudienceDefinition }
  | { readonly refusal: Refusal }

/** Reads a rule as it came from outside; equal rules come out equal to the last character. */
export function readDefinition(value: unknown): DefinitionReading {
  try {
    const members = membersOf(value, 'rule', ['meant', 'minus'])
    const count = { terms: 0 }
    const meant = readTerm(members['meant'], 'meant', 1, count)
    const minus = readMinus(members['minus'])
    return { definition: minus.length === 0 ? { meant } : { meant, minus } }
  } catch (error) {
    if (error instanceof RuleFault) return { refusal: error.refusal }
    throw error
  }
}

/** A rule that cannot be read, on its way out of the recursion. */
class RuleFault extends Error {
  readonly refusal: Refusal
  constructor(field: string, detail: string, limit?: number) {
    super(detail)
    this.refusal = {
      code: limit === undefined ? 'payload-problem' : 'too-long',
      ...{ field, detail },
      ...(limit === undefined ? {} : { limit }),
    }
  }
}

function membersOf(
  value: unknown,
  field: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RuleFault(field, `应为 {${known.join('、')}} 的对象`)
  const names = Object.keys(value)
  const stray = names.find((name) => !known.includes(name))
  if (stray !== undefined)
    throw new RuleFault(field, `不认识“${shown(stray)}”，可写：${known.join('、')}`)
  return { ...value }
}

const TERMS = ['tag', 'area', 'all', 'any'] as const

function readTerm(
  value: unknown,
  field: string,
  depth: number,
  count: { terms: number },
): AudienceTerm {
  if (depth > RULE_DEPTH_MAX) throw new RuleFault(field, '条件嵌套太深', RULE_DEPTH_MAX)
  count.terms += 1
  if (count.terms > RULE_TERMS_MAX) throw new RuleFault(field, '条件太多', RULE_TERMS_MAX)
  const members = membersOf(value, field, TERMS)
  const [name, second] = Object.keys(members)
  if (name === undefined || second !== undefined)
    throw new RuleFault(field, `每个条件只写一项：${TERMS.join('、')}`)
  const inner = members[name]
  const here = `${field}.${name}`
  if (name === 'tag') return { tag: word(inner, here, TAG_CHARACTERS_MAX) }
  if (name === 'area') return { area: word(inner, here, AREA_CHARACTERS_MAX) }
  if (!Array.isArray(inner) || inner.length === 0)
    throw new RuleFault(here, '应为至少一个条件的列表')
  if (inner.length > RULE_TERMS_MAX) throw new RuleFault(here, '条件太多', RULE_TERMS_MAX)
  const terms = inner.map((one, at) => readTerm(one, `${here}[${at}]`, depth + 1, count))
  return name === 'all' ? { all: terms } : { any: terms }
}

function word(value: unknown, field: string, limit: number): string {
  if (typeof value !== 'string') throw new RuleFault(field, '应为文字')
  const text = tidyWord(value)
  if (text === '') throw new RuleFault(field, '是空的，请写明或删去')
  if (/\p{Cc}/u.test(text)) throw new RuleFault(field, '含控制字符，请改成一行文字')
  if ([...text].length > limit) throw new RuleFault(field, '太长', limit)
  return text
}

/** One form for a tag or an area, so that equal words are equal. */
export function tidyWord(written: string): string {
  return written.normalize('NFKC').trim().replaceAll(/ +/g, ' ')
}

function readMinus(value: unknown): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new RuleFault('minus', '应为受众编号的列表')
  if (value.length > RULE_MINUS_MAX) throw new RuleFault('minus', '排除的受众太多', RULE_MINUS_MAX)
  const ids = value.map((id, at) => {
    if (typeof id === 'string' && AUDIENCE_ID.test(id)) return id
    throw new RuleFault(`minus[${at}]`, '应为受众编号（小写字母、数字、短横）')
  })
  return [...new Set(ids)].sort()
}

function shown(text: string): string {
  return [...text.replaceAll(/\p{Cc}/gu, ' ')].slice(0, AREA_CHARACTERS_MAX).join('')
}

/** Why rules that name one another cannot be resolved from `audiences`: a ring, or a chain too long.
 *  An id without a definition is a list, or nobody. */
export function whyNotResolvable(
  audiences: readonly string[],
  definitions: ReadonlyMap<string, AudienceDefinition>,
): Refusal | undefined {
  const follow = (id: string, behind: readonly string[]): Refusal | undefined => {
    if (behind.includes(id))
      return { code: 'payload-problem', field: id, detail: '受众规则互相排除，成了一个圈' }
    if (!definitions.has(id)) return undefined
    if (behind.length >= RULE_CHAIN_MAX)
      return { code: 'too-long', field: id, detail: '受众规则一层套一层', limit: RULE_CHAIN_MAX }
    for (const next of definitions.get(id)?.minus ?? []) {
      const refusal = follow(next, [...behind, id])
      if (refusal) return refusal
    }
    return undefined
  }
  if (definitions.size > RULE_DEFINITIONS_MAX)
    return { code: 'too-long', field: 'audiences', limit: RULE_DEFINITIONS_MAX }
  for (const id of audiences) {
    const refusal = follow(id, [])
    if (refusal) return refusal
  }
  return undefined
}

/** Every tag and area a rule asks about. */
export function wordsOf(term: AudienceTerm): readonly { tag?: string; area?: string }[] {
  if ('all' in term) return term.all.flatMap(wordsOf)
  if ('any' in term) return term.any.flatMap(wordsOf)
  return [term]
}

const TOLERANCE_SHARE = 0.05
const TOLERANCE_MIN = 10

/** 5 %, at least 10 addresses. */
export function toleranceOf(reach: number): number {
  return Math.max(TOLERANCE_MIN, Math.ceil(reach * TOLERANCE_SHARE))
}

/** Growth beyond the tolerance holds a dispatch; a removed address never voids a signature. */
export function whyNotReachable(
  signed: number,
  tolerance: number,
  found: number,
): Refusal | undefined {
  if (found === 0) return { code: 'audience-empty' }
  if (found > signed + tolerance)
    return { code: 'audience-changed', detail: `签发时 ${signed}，现在 ${found}`, limit: tolerance }
  return undefined
}

/** The definition was rewritten after the signature: whoever it means now may differ from whom it
 *  meant by the tolerance, either way, counted over every address only one of the two means. */
export function whyNotStillMeant(tolerance: number, different: number): Refusal | undefined {
  if (different <= tolerance) return undefined
  const detail = `受众规则在签发后改过，相差 ${different}`
  return { code: 'audience-changed', detail, limit: tolerance }
}
