/** A process that runs for months beside a database on a small machine keeps its memory small. */
import { setFlagsFromString } from 'node:v8'

/** The engine's objects live for milliseconds. Left alone, the space for new ones grows to dozens of
 *  megabytes and is given back late: half the memory of a fan-out, and no speed for it. */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
