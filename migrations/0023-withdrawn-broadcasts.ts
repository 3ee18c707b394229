/** 撤下 of what went to recipients: the broadcast stays counted in its year, and the withdrawal in its own. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- by the first recipient whose withdrawal was taken; null: nothing of it was withdrawn
    alter table broadcast add column withdrawn_at timestamptz;
    create index broadcast_by_withdrawal on broadcast (agency_id, withdrawn_at)
      where withdrawn_at is not null;
  `.execute(db)
}
