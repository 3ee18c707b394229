/** The tables as kysely sees them; `migrations/` is the truth, a test compares the two. */
import type { BulletinTables } from './bulletins.ts'
import type { DeliveryTables } from './deliveries.ts'
import type { PaperTables } from './papers.ts'
import type { PeopleTables } from './people.ts'

export interface Tables extends PeopleTables, BulletinTables, DeliveryTables, PaperTables {}
