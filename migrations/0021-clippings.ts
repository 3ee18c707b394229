/** 刊播凭证: which outlet printed or broadcast a release, where, and what shows it. Several may belong to one
 *  publication; it is counted once. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table clipping (
      agency_id integer not null,
      id bigint generated always as identity,
      publication_id bigint not null,
      outlet text not null check (length(outlet) between 1 and 60),
      kind text not null check (kind in ('tv', 'radio', 'newspaper', 'magazine', 'online')),
      appeared_at timestamptz not null,
      -- page or programme
      place text not null check (length(place) between 1 and 120),
      url text check (length(url) <= 2000),
      picture_hash bytea,
      entered_by bigint not null,
      entered_at timestamptz not null,
      primary key (agency_id, id),
      -- the same cutting entered twice
      unique (agency_id, publication_id, outlet, appeared_at, place),
      check (url is not null or picture_hash is not null),
      foreign key (agency_id, publication_id) references publication (agency_id, id),
      foreign key (agency_id, picture_hash) references blob (agency_id, sha256),
      foreign key (agency_id, entered_by) references person (agency_id, id)
    );
    create index clipping_by_appearance on clipping (agency_id, appeared_at, id);
    create trigger never_changed before update or delete or truncate on clipping
      for each statement execute function refuse_change();
    grant select, insert on clipping to duoling_hub;
  `.execute(db)
}
