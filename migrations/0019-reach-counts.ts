/** 覆盖数 kept: counting a million addresses takes seconds, and a leader's signature may take one. Each change
 *  of contacts leaves a row, so a count is good as long as there are as many rows as when it was taken. */
import { type Kysely, sql } from 'kysely'

const WATCHED = ['address', 'contact', 'contact_address', 'audience', 'audience_member']
const EVENTS = [
  ['insert', 'new'],
  ['update', 'new'],
  ['delete', 'old'],
] as const

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table contact_change (
      agency_id integer not null references agency (id),
      id uuid not null default gen_random_uuid(),
      primary key (agency_id, id)
    );
    create table reach_count (
      agency_id integer not null references agency (id),
      -- SHA-256 over channel kind, rule and mode, lower-case hex
      key text not null check (key ~ '^[0-9a-f]{64}$'),
      -- rows of contact_change when it was counted
      changes bigint not null,
      reach integer not null,
      primary key (agency_id, key)
    );
    grant select on contact_change to duoling_hub;
    grant select, insert, update on reach_count to duoling_hub;

    -- Runs as its owner: whoever changes a contact cannot leave the row out, and the hub cannot take one away.
    create function note_contact_change() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      insert into contact_change (agency_id) select distinct agency_id from changed;
      return null;
    end $$;
    revoke all on function note_contact_change() from public;
  `.execute(db)
  for (const table of WATCHED)
    for (const [event, rows] of EVENTS)
      await sql`
        create trigger ${sql.id(`note_${event}`)} after ${sql.raw(event)} on ${sql.table(table)}
          referencing ${sql.raw(rows)} table as changed
          for each statement execute function note_contact_change()
      `.execute(db)
}
