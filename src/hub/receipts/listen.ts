/** Door 6 for channels with a connection of their own: what comes over it is kept before the other side has
 *  its acknowledgement, and settled beside it. */
import type { Heard } from '../../../channels/channel.ts'
import type { RoadKey } from '../ports/engine.ts'
import type { Hub } from '../ports.ts'
import { keepHeard, settleHeard } from './receipt.ts'

/** Kept when this resolves; whatever goes wrong from there is the next sweep's, not the carrier's. */
export async function hearLine(
  hub: Hub,
  road: RoadKey,
  heard: readonly Heard[],
  clock: { readonly at: Date; onFault(error: unknown): void },
): Promise<void> {
  const { at, onFault } = clock
  await keepHeard(hub, road, heard, at)
  void settleHeard(hub, road, at).catch(onFault)
}
