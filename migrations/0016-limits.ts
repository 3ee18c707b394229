/** What bounds a road: tokens taken from a platform's windows, and breakers with every change of theirs. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table limit_state (
      agency_id integer not null references agency (id),
      -- the road's own, or a name that roads on one account share
      account text not null check (account <> ''),
      -- empty: the account as a whole; otherwise the id of an address
      subject text not null,
      state jsonb not null,
      -- from then on the row says nothing that a missing one would not
      idle_at timestamptz not null,
      primary key (agency_id, account, subject)
    ) with (fillfactor = 50);

    -- A road whose calls fail in a row. A road that works has no row.
    create table breaker (
      agency_id integer not null,
      channel_id text not null,
      road_id text not null,
      failures integer not null,
      -- times in a row it opened
      openings integer not null default 0,
      -- null while it only counts; business time
      open_until timestamptz,
      -- calls at once after open_until; null: no more than the channel's own
      calls_max integer,
      primary key (agency_id, channel_id, road_id),
      foreign key (agency_id, channel_id, road_id) references road (agency_id, channel_id, id)
    );

    create table breaker_change (
      agency_id integer not null,
      id bigint generated always as identity,
      channel_id text not null,
      road_id text not null,
      at timestamptz not null default clock_timestamp(),
      state text not null check (state in ('open', 'half-open', 'closed', 'held')),
      calls_max integer,
      -- a code, never a text of the platform
      reason text not null check (reason <> ''),
      primary key (agency_id, id),
      foreign key (agency_id, channel_id, road_id) references road (agency_id, channel_id, id)
    );
    create index breaker_change_by_road on breaker_change (agency_id, channel_id, road_id, id);
    create trigger never_changed before update or delete or truncate on breaker_change
      for each statement execute function refuse_change();

    grant select, insert, update, delete on limit_state, breaker to duoling_hub;
    grant select, insert on breaker_change to duoling_hub;
  `.execute(db)
}
