/** 撤下 of what went to recipients: the broadcast stays counted in its year, and the withdrawal in its own. A
 *  subscription of another system may rest after a restore, as a road does. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- by the first recipient whose withdrawal was taken; null: nothing of it was withdrawn
    alter table broadcast add column withdrawn_at timestamptz;
    create index broadcast_by_withdrawal on broadcast (agency_id, withdrawn_at)
      where withdrawn_at is not null;

    -- restored: nobody knows what the receiver was told since the backup
    alter table webhook drop constraint webhook_pause_reason_check,
      add constraint webhook_pause_reason_check
        check (pause_reason in ('person', 'gone', 'restored'));
  `.execute(db)
}
