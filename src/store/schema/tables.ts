/** The tables as kysely sees them; `migrations/` is the truth, a test compares the two. */
import type { AccountTables } from './accounts.ts'
import type { ArchiveTables } from './archive.ts'
import type { BulletinTables } from './bulletins.ts'
import type { ChainTables } from './chains.ts'
import type { CheckTables } from './checks.ts'
import type { ClearanceTables } from './clearances.ts'
import type { ClippingTables } from './clippings.ts'
import type { ContactTables } from './contacts.ts'
import type { DecisionTables } from './decisions.ts'
import type { DeliveryTables } from './deliveries.ts'
import type { LimitTables } from './limits.ts'
import type { OfficeTables } from './office.ts'
import type { PaperTables } from './papers.ts'
import type { PeopleTables } from './people.ts'
import type { ReceiptTables } from './receipts.ts'
import type { ScheduleTables } from './schedules.ts'
import type { SecretTables } from './secrets.ts'
import type { WebhookTables } from './webhooks.ts'

export interface Tables
  extends AccountTables,
    ArchiveTables,
    PeopleTables,
    BulletinTables,
    ChainTables,
    CheckTables,
    ClearanceTables,
    ClippingTables,
    ContactTables,
    DecisionTables,
    DeliveryTables,
    ReceiptTables,
    ScheduleTables,
    LimitTables,
    OfficeTables,
    PaperTables,
    SecretTables,
    WebhookTables {}
