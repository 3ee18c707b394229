/** The audit's chain: the exact text of a row that its seal covers, and the order in which rows are sealed. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Rows of finished transactions are sealed in this order; what is newer is never looked at twice.
    create index audit_by_transaction on audit (transaction, id);

    -- One text for sealing and for verifying, whatever zone or format a session has. The transaction is
    -- left out: after a restore it is another cluster's.
    create function audit_text(a audit) returns text language sql stable parallel safe as $$
      select concat_ws('|', a.id, a.agency_id, (extract(epoch from a.at) * 1000000)::bigint,
        coalesce(a.actor_id, 0), (extract(epoch from a.recorded_at) * 1000000)::bigint,
        -- With their lengths said, no character can move from one word into the next.
        length(a.action), length(a.subject), a.action, a.subject, a.facts::text)
    $$;
    grant execute on function audit_text(audit) to duoling_hub;
  `.execute(db)
}
