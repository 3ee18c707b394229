/** 审签链: which steps a bulletin walks before a leader signs it. A chain is data, by category, channel and
 *  urgency; a bulletin for several channels walks the union of their steps. */
import type { Level } from './bulletin.ts'
import { may, type Person, type Role } from './role.ts'

/** 审签环节 in the order in which they are walked. 三审三校 are the six in the middle; every bulletin
 *  has the secrecy review, and the leader's signature after it. */
export const STEPS = [
  'section-check',
  'proof',
  'first-review',
  'first-proof',
  'second-review',
  'second-proof',
  'third-review',
  'third-proof',
  'secrecy-review',
] as const
export type Step = (typeof STEPS)[number]

export const STEP_NAMES: Readonly<Record<Step, string>> = {
  'section-check': '科室审核',
  proof: '校对',
  'first-review': '初审',
  'first-proof': '一校',
  'second-review': '复审',
  'second-proof': '二校',
  'third-review': '终审',
  'third-proof': '三校',
  'secrecy-review': '保密审查',
}

/** Who may do a step where the chain names nobody else. */
export const STEP_ROLES: Readonly<Record<Step, readonly Role[]>> = {
  'section-check': ['section-head'],
  proof: ['section-head', 'drafter'],
  'first-review': ['section-head'],
  'first-proof': ['section-head', 'drafter'],
  'second-review': ['leader'],
  'second-proof': ['section-head', 'drafter'],
  'third-review': ['leader', 'secrecy-reviewer'],
  'third-proof': ['section-head', 'secrecy-reviewer', 'drafter'],
  'secrecy-review': ['secrecy-reviewer'],
}

/** `urgent` is red and orange, `warning` yellow and blue. */
export const URGENCIES = ['urgent', 'warning', 'routine'] as const
export type Urgency = (typeof URGENCIES)[number]

function urgencyOf(level: Level): Urgency {
  if (level === 'red' || level === 'orange') return 'urgent'
  return level === 'routine' ? 'routine' : 'warning'
}

export interface ChainStep {
  readonly step: Step
  /** in place of `STEP_ROLES`; the secrecy review is always the secrecy reviewer's */
  readonly roles?: readonly Role[]
  /** a small bureau's section head checks what they drafted; no other step may be the author's */
  readonly byAuthor?: boolean
}

/** One row of the table of chains; what is absent means "any". */
export interface ChainRule {
  readonly categoryId?: string
  readonly channelId?: string
  readonly urgency?: Urgency
  readonly steps: readonly ChainStep[]
}

export const DEFAULT_CHAIN: readonly ChainStep[] = [{ step: 'secrecy-review' }]

interface Asked {
  readonly categoryId: string
  readonly channelId: string
  readonly urgency: Urgency
}

/** The category weighs most, then the channel, then the urgency. */
function weightOf(rule: ChainRule): number {
  return (rule.categoryId ? 4 : 0) + (rule.channelId ? 2 : 0) + (rule.urgency ? 1 : 0)
}

function fits(rule: ChainRule, asked: Asked): boolean {
  return (
    (rule.categoryId ?? asked.categoryId) === asked.categoryId &&
    (rule.channelId ?? asked.channelId) === asked.channelId &&
    (rule.urgency ?? asked.urgency) === asked.urgency
  )
}

function stepsFor(rules: readonly ChainRule[], asked: Asked): readonly ChainStep[] {
  const fitting = rules.filter((rule) => fits(rule, asked))
  const [best] = fitting.sort((one, other) => weightOf(other) - weightOf(one))
  return best?.steps ?? DEFAULT_CHAIN
}

/** The union of the steps of all channels, in their order. Where two channels differ on a step the stricter
 *  one holds: fewer roles, and not the author. */
export function chainFor(
  rules: readonly ChainRule[],
  bulletin: { readonly categoryId: string; readonly level: Level },
  channelIds: readonly string[],
): readonly ChainStep[] {
  const { categoryId, level } = bulletin
  const urgency = urgencyOf(level)
  const all = [
    ...channelIds.flatMap((channelId) => stepsFor(rules, { categoryId, channelId, urgency })),
    ...DEFAULT_CHAIN,
  ]
  return STEPS.flatMap((step) => {
    const same = all.filter((one) => one.step === step)
    const [first, ...rest] = same
    return first ? [rest.reduce(stricter, first)] : []
  })
}

function stricter(one: ChainStep, other: ChainStep): ChainStep {
  const roles = rolesOf(one).filter((role) => rolesOf(other).includes(role))
  return {
    step: one.step,
    // Two lists without a common role: the first one's people decide.
    ...{ roles: roles.length > 0 ? roles : rolesOf(one) },
    ...(one.byAuthor && other.byAuthor ? { byAuthor: true } : {}),
  }
}

function rolesOf({ step, roles }: ChainStep): readonly Role[] {
  return step === 'secrecy-review' ? STEP_ROLES[step] : (roles ?? STEP_ROLES[step])
}

export function mayDo(person: Person, step: ChainStep): boolean {
  return may(person, ...rolesOf(step))
}

export interface StepFact {
  readonly step: string
  readonly hash: string
}

/** The first step before `until` that nobody has approved on this hash; all of them when absent. */
export function openStep(
  chain: readonly ChainStep[],
  done: readonly StepFact[],
  hash: string,
  until?: Step,
): Step | undefined {
  for (const { step } of chain) {
    // A step beside the chain has its turn like one in it.
    if (until && STEPS.indexOf(step) >= STEPS.indexOf(until)) return undefined
    if (!done.some((one) => one.step === step && one.hash === hash)) return step
  }
  return undefined
}
