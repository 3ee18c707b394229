/** What is read of the test of all adapters at once: states, reasons, open lines and what platforms took, in words
 *  a table can hold. */
import { expect } from 'vitest'
import { ADAPTERS } from '../../channels/node.ts'
import { ATTENTION_ACTIONS, OPEN_STATES, REASON_TEXTS } from '../../src/domain/attention.ts'
import { WHY_REASONS } from '../../src/domain/why.ts'
import { attention } from '../../src/hub/attention.ts'
import { countYear, verifyLog } from '../../src/hub/count.ts'
import { why } from '../../src/hub/why.ts'
import type { AllAtOnce, Delivered } from './all-at-once-kit.ts'

export const NAMES = ADAPTERS.map(({ adapter }) => adapter).sort()

/** One line an adapter: the states of its deliveries, each with its number. */
export async function statesOf(all: AllAtOnce): Promise<Record<string, string>> {
  const rows = Map.groupBy(await all.deliveries(), (one) => adapterOf(all, one))
  return Object.fromEntries([...rows].map(([adapter, of]) => [adapter, spoken(of)]))
}

function spoken(of: readonly Delivered[]): string {
  const counts = Map.groupBy(of, ({ state, roadId }) =>
    roadId === 'by-hand' ? `${state} by hand` : state,
  )
  return [...counts].map(([state, { length }]) => `${length} ${state}`).join(', ')
}

function adapterOf(all: AllAtOnce, { channelId }: { readonly channelId: string }): string {
  for (const [adapter, { channel }] of all.stations) if (channel.id === channelId) return adapter
  throw new Error(`no station has the channel ${channelId}`)
}

export function takenBy(all: AllAtOnce, adapter: string) {
  const station = all.stations.get(adapter)
  return [...(station?.taken() ?? []), ...(all.posted.get(station?.channel.id ?? '') ?? [])]
}

/** Every word that was signed for the road stands in it, and nothing else but what is filled in when it leaves. */
export async function expectAsSigned(all: AllAtOnce, one: Delivered, roadId: string, says: string) {
  const { fields } = await all.signedPayload(one, roadId)
  const station = all.stations.get(adapterOf(all, one))
  const travels = roadId === 'by-hand' ? undefined : station?.travels
  const literals = (travels ?? Object.keys(fields))
    .flatMap((name) => (fields[name] ?? []).filter(isText))
    .map(dense)
    .filter(Boolean)
  expect(literals).not.toEqual([])
  let rest = dense(says)
  for (const literal of literals) {
    expect(rest).toContain(literal)
    rest = rest.replace(literal, () => '')
  }
  expect(rest, one.channelId).toMatch((roadId === 'main' && station?.filled) || /^$/)
}

function isText(piece: unknown): piece is string {
  return typeof piece === 'string'
}

const dense = (text: string) => text.replaceAll(/\s+/g, '')

/** No platform took anything twice for the same reader, unless the log says that somebody knew it might. */
export async function expectNothingTwice(all: AllAtOnce): Promise<void> {
  for (const [adapter, { channel }] of all.stations) {
    const twice = [...Map.groupBy(takenBy(all, adapter), ({ to }) => to)].filter(
      ([, { length }]) => length > 1,
    )
    if (twice.length === 0) continue
    const one = (await all.deliveries()).find(({ channelId }) => channelId === channel.id)
    expect(await all.unsureBefore(one?.dispatchId ?? 0), `${adapter} took it twice`).toBe(true)
  }
}

export const openLines = (all: AllAtOnce) =>
  attention(all.app.hub, { agencyId: all.agencyId, at: all.clock.now })

/** One line an adapter: how many did not get it for which reason, each with a sentence for a clerk. */
export async function whyOf(all: AllAtOnce, bulletinId: number): Promise<Record<string, string>> {
  const rows = (await all.deliveries()).filter(({ contactId }) => contactId !== null)
  const found = new Map(NAMES.map((name) => [name, new Map<string, number>()]))
  for (const contactId of new Set(rows.map((row) => row.contactId ?? 0))) {
    const { answers } = await why(all.app.hub, {
      ...{ agencyId: all.agencyId, bulletinId, who: { contactId }, at: all.clock.now },
    })
    expect(answers).toHaveLength(rows.filter((row) => row.contactId === contactId).length)
    for (const { reason, text, channelId = '' } of answers) {
      expect(WHY_REASONS).toContain(reason)
      expect(text).not.toBe('')
      if (reason === 'accepted' || reason === 'delivered') continue
      const counts = found.get(adapterOf(all, { channelId }))
      counts?.set(reason, (counts.get(reason) ?? 0) + 1)
    }
  }
  const spoken = [...found].map(([name, counts]) => [
    name,
    [...counts].map(([reason, count]) => `${count} ${reason}`).join(', '),
  ])
  return Object.fromEntries(spoken)
}

/** One line an adapter: what of it stands on the list of open things, with what is to be done. */
export async function linesOf(all: AllAtOnce): Promise<Record<string, readonly string[]>> {
  const lines = await openLines(all)
  for (const { reason, action } of lines) {
    expect(Object.keys(REASON_TEXTS)).toContain(reason)
    expect(ATTENTION_ACTIONS).toContain(action)
  }
  // Nothing that is not final is missing there, wherever it stands.
  for (const one of await all.deliveries())
    if (OPEN_STATES.some((state) => state === one.state))
      expect(lines).toContainEqual(expect.objectContaining({ dispatchId: one.dispatchId }))
  const of = Map.groupBy(lines, ({ channelId = '' }) => adapterOf(all, { channelId }))
  const spoken = [...of].map(([name, some]) => [
    name,
    [...new Set(some.map(({ reason, action }) => `${reason} → ${action}`))].sort(),
  ])
  return Object.fromEntries(spoken)
}

export async function yearOf(all: AllAtOnce) {
  const { hub } = all.app
  const { publications } = await countYear(hub, all.agencyId, all.clock.now.getFullYear())
  return { publications, drift: await verifyLog(hub, all.agencyId) }
}
