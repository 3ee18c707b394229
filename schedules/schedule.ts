/** The contract of a standing broadcast: what its file must say, and what it may leave to the custom of the
 *  house. A file holds data only; the channels and audiences it names are those a new agency has. */
import type { Block } from '../src/domain/bulletin.ts'
import type { StandingBroadcast } from '../src/domain/schedule/standing.ts'

/** What a file may leave out. */
type Customary = Pick<StandingBroadcast, 'level' | 'missed' | 'lead' | 'handsIn' | 'jitterMinutes'>

const CUSTOM: Customary = {
  level: 'routine',
  missed: { policy: 'ask' },
  lead: { workingDays: 3 },
  handsIn: true,
  jitterMinutes: 17,
}

export type NewStandingBroadcast = Omit<StandingBroadcast, keyof Customary> & Partial<Customary>

export function standing(broadcast: NewStandingBroadcast): StandingBroadcast {
  return { ...CUSTOM, ...broadcast }
}

export function paragraph(text: string): Block {
  return { kind: 'paragraph', text }
}

export function numbered(...items: readonly string[]): Block {
  return { kind: 'list', ordered: true, items }
}
