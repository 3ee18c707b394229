/** A wire that names each message it takes and calls back about it: the outside of the receipts' bench. */
import { tellingWire } from '../support/telling.ts'

export const TOLD = 'bench-told'
const BATCH_MAX = 500

export const told = tellingWire({ adapter: TOLD, batchMax: BATCH_MAX, receipts: 'push' })
