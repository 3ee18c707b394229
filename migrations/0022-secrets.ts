/** 机密: passwords and tokens of platforms, sealed under a key outside the database. Each setting is a version of
 *  its own; a value that was replaced or removed is emptied, who set it and when stays. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table secret (
      agency_id integer not null references agency (id),
      name text not null check (name ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and length(name) <= 100),
      version integer not null check (version > 0),
      -- of the key it is sealed under
      key_id text not null check (length(key_id) between 1 and 100),
      cipher bytea check (length(cipher) <= 10000),
      set_by bigint not null,
      set_at timestamptz not null,
      -- a value with an end serves beside its successor until then
      ends_at timestamptz,
      dropped_at timestamptz,
      primary key (agency_id, name, version),
      check ((cipher is null) = (dropped_at is not null)),
      foreign key (agency_id, set_by) references person (agency_id, id)
    );
    create index secret_by_key on secret (key_id) where cipher is not null;
    grant select, insert, update on secret to duoling_hub;
  `.execute(db)
}
