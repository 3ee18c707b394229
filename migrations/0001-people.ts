/** Who and where: agencies, persons, categories, channels with their roads, contacts and audiences. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table installation (
      one boolean primary key default true check (one),
      -- a practice database can never become a live one: the trigger of 0002 refuses the change
      kind text not null check (kind in ('practice', 'live')),
      founded_at timestamptz not null
    );

    create table agency (
      id integer generated always as identity primary key,
      -- 统一社会信用代码, the prefix of index numbers (索引号)
      credit_code text not null check (credit_code ~ '^[0-9A-Z-]{4,20}$'),
      successor_id integer references agency (id)
    );

    -- 索引号: the last number given in each year, so that late work of December disturbs no January
    create table index_counter (
      agency_id integer not null references agency (id),
      year integer not null,
      last integer not null,
      primary key (agency_id, year)
    );

    create table agency_name (
      agency_id integer not null references agency (id),
      from_on date not null,
      name text not null,
      short_name text not null,
      primary key (agency_id, from_on)
    );

    create table person (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      name text not null check (length(name) between 1 and 60),
      roles text[] not null check (cardinality(roles) > 0),
      in_office_from date not null,
      in_office_to date,
      primary key (agency_id, id)
    );
    create unique index person_name on person (agency_id, name) where in_office_to is null;

    create table category (
      agency_id integer not null references agency (id),
      id text not null check (id ~ '^[a-z0-9-]{1,40}$'),
      name text not null,
      measure_word text not null,
      required_fields text[] not null,
      -- 条线 → category, where a line counts it as another kind
      line_categories jsonb not null,
      primary key (agency_id, id)
    );

    create table channel (
      agency_id integer not null references agency (id),
      id text not null check (id ~ '^[a-z0-9-]{1,40}$'),
      name text not null,
      -- 条线: what reports count by; survives replaced accounts
      line text not null,
      addressing text not null check (addressing in ('place', 'group', 'recipient')),
      -- which of a contact's addresses this channel uses
      address_kind text not null,
      position integer not null,
      retired_at timestamptz,
      primary key (agency_id, id)
    );

    create table road (
      agency_id integer not null,
      channel_id text not null,
      id text not null check (id ~ '^[a-z0-9-]{1,40}$'),
      adapter text not null,
      settings jsonb not null,
      position integer not null,
      enabled boolean not null,
      -- set when the account itself was refused; nothing more is claimed until a person clears it
      held_reason text,
      primary key (agency_id, channel_id, id),
      foreign key (agency_id, channel_id) references channel (agency_id, id)
    );

    create table contact (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      name text not null,
      -- only contacts so marked may receive an exercise (演练)
      for_exercise boolean not null default false,
      removed_at timestamptz,
      primary key (agency_id, id)
    );

    -- Values are encrypted in blocks, because one cipher call a batch is 800 times cheaper than one a row.
    create table address_block (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      kind text not null,
      key_id text not null,
      size integer not null,
      cipher bytea not null,
      primary key (agency_id, id)
    );

    create table address (
      agency_id integer not null,
      id bigint generated always as identity,
      kind text not null,
      block_id bigint not null,
      slot integer not null,
      -- HMAC of kind and normalised value under a key outside the database: finds duplicates, tells nothing
      blind_index bytea not null,
      -- 代发人: who posts to this group or place by hand
      keeper_id bigint,
      unsubscribed_at timestamptz,
      removed_at timestamptz,
      primary key (agency_id, id),
      foreign key (agency_id, block_id) references address_block (agency_id, id),
      foreign key (agency_id, keeper_id) references person (agency_id, id)
    );
    create unique index address_value on address (agency_id, kind, blind_index) where removed_at is null;

    create table contact_address (
      agency_id integer not null,
      contact_id bigint not null,
      address_id bigint not null,
      primary key (agency_id, contact_id, address_id),
      foreign key (agency_id, contact_id) references contact (agency_id, id),
      foreign key (agency_id, address_id) references address (agency_id, id)
    );
    create index contact_address_by_address on contact_address (agency_id, address_id);

    create table audience (
      agency_id integer not null references agency (id),
      id text not null check (id ~ '^[a-z0-9-]{1,40}$'),
      name text not null,
      primary key (agency_id, id)
    );

    create table audience_member (
      agency_id integer not null,
      audience_id text not null,
      contact_id bigint not null,
      primary key (agency_id, audience_id, contact_id),
      foreign key (agency_id, audience_id) references audience (agency_id, id),
      foreign key (agency_id, contact_id) references contact (agency_id, id)
    );
    create index audience_member_by_contact on audience_member (agency_id, contact_id);
  `.execute(db)
}
