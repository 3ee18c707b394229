/** Several items in one send. One that the platform refuses leaves and the rest goes: that is only ever
 *  decided over drafts, which nobody sees, and never after a send. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { SendBatch } from '../channel.ts'
import type { DraftArticle, Drafts } from './drafts.ts'
import type { Mass } from './mass.ts'

interface Item extends Pick<SendBatch, 'fields' | 'at'> {
  /** the same at each attempt */
  readonly key: string
}

interface Going extends Item {
  readonly place: number
  readonly article: DraftArticle
}

interface Tools {
  readonly drafts: Drafts
  readonly mass: Mass
  /** told before the send, so that a lost answer can be looked up by its draft */
  submits(key: string, draft: string): void
}

/** One outcome an item, in order. */
export async function sendTogether(
  tools: Tools,
  items: readonly Item[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<number, Outcome>()
  const prepared = await prepareAll(tools, items, outcomes, signal)
  const drafted = await draftOf(tools, prepared, outcomes, signal)
  if (drafted) {
    const { draft, going } = drafted
    const key = going.map((one) => one.key).join('\n')
    for (const one of going) tools.submits(one.key, draft)
    const outcome = await tools.mass.send(draft, key, going[0]?.at ?? new Date(0), signal)
    for (const [index, one] of going.entries())
      outcomes.set(one.place, going.length > 1 ? placed(outcome, index + 1) : outcome)
  }
  return items.map((_, place) => outcomes.get(place) ?? NOT_REACHED)
}

const NOT_REACHED: Outcome = { kind: 'retry', code: 'not-reached', detail: '还没有轮到，稍后再试' }

/** Pictures and covers; whoever cannot be prepared stays behind, and a platform that is away stops all. */
async function prepareAll(
  { drafts }: Tools,
  items: readonly Item[],
  outcomes: Map<number, Outcome>,
  signal: AbortSignal,
): Promise<readonly Going[]> {
  const going: Going[] = []
  for (const [place, item] of items.entries()) {
    const article = await drafts.article(item, signal)
    if (!('kind' in article)) {
      going.push({ ...item, place, article })
      continue
    }
    outcomes.set(place, article)
    if (isOneItems(article)) continue
    for (const other of items.keys()) if (!outcomes.has(other)) outcomes.set(other, article)
    return []
  }
  return going
}

/** A draft of all that the platform takes. It does not say which article of several it refuses, so that each
 *  is then tried by itself. */
async function draftOf(
  { drafts }: Tools,
  all: readonly Going[],
  outcomes: Map<number, Outcome>,
  signal: AbortSignal,
): Promise<{ draft: string; going: readonly Going[] } | undefined> {
  const add = (going: readonly Going[]) =>
    drafts.add(
      going.map((one) => one.article),
      going[0]?.at ?? new Date(0),
      signal,
    )
  if (all.length === 0) return undefined
  let going = all
  let draft = await add(going)
  if (typeof draft !== 'string' && isOneItems(draft) && all.length > 1) {
    const fine: Going[] = []
    for (const one of all) {
      const alone = await add([one])
      if (typeof alone === 'string') {
        fine.push(one)
        await drafts.remove(alone, signal)
      } else outcomes.set(one.place, alone)
    }
    going = fine
    if (going.length === 0) return undefined
    draft = await add(going)
  }
  if (typeof draft === 'string') return { draft, going }
  for (const { place } of going) outcomes.set(place, draft)
  return undefined
}

function isOneItems(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && outcome.scope === 'message'
}

/** Each article is taken down by its place in the send. */
function placed(outcome: Outcome, place: number): Outcome {
  if (!('reference' in outcome) || outcome.reference === undefined) return outcome
  return { ...outcome, reference: `${outcome.reference}_${place}` }
}
