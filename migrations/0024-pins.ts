/** 签发 PIN: what a person types at each act on the phone. The digits are few, so that their slow hash is
 *  taken under a key outside the database. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table pin (
      agency_id integer not null,
      person_id bigint not null,
      salt bytea not null check (length(salt) = 16),
      hash bytea not null check (length(hash) = 32),
      -- taken before the PIN is looked at, given back by a right one or by the password
      wrong_tries smallint not null default 0 check (wrong_tries between 0 and 5),
      set_at timestamptz not null,
      primary key (agency_id, person_id),
      foreign key (agency_id, person_id) references person (agency_id, id)
    );
    grant select, insert, update on pin to duoling_hub;
  `.execute(db)
}
