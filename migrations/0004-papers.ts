/** What is kept beside: portal pages, imported postings, the audit and its seals. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table page (
      agency_id integer not null references agency (id),
      path text not null check (path like '/%'),
      bulletin_id bigint,
      category_id text,
      title text not null,
      state text not null check (state in ('current', 'corrected', 'withdrawn')),
      etag text not null,
      html bytea not null,
      published_at timestamptz not null,
      changed_at timestamptz not null,
      -- 停发 hides at once, before anybody writes the withdrawal
      hidden_at timestamptz,
      primary key (agency_id, path),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id)
    );
    create index page_by_time on page (agency_id, published_at desc);
    create index page_by_bulletin on page (agency_id, bulletin_id);

    create table blob (
      agency_id integer not null references agency (id),
      sha256 bytea not null check (length(sha256) = 32),
      bytes bigint not null,
      media_type text not null,
      at timestamptz not null,
      primary key (agency_id, sha256)
    );

    -- 补录: one imported file; its rows count once a second person confirms it
    create table posting_import (
      agency_id integer not null,
      id bigint generated always as identity,
      file_name text not null,
      file_hash bytea not null,
      entered_by bigint not null,
      entered_at timestamptz not null,
      confirmed_by bigint,
      confirmed_at timestamptz,
      -- counted at once by the one who entered it; audited
      at_once boolean not null default false,
      primary key (agency_id, id),
      check (confirmed_by is null or at_once or confirmed_by <> entered_by),
      foreign key (agency_id, entered_by) references person (agency_id, id),
      foreign key (agency_id, confirmed_by) references person (agency_id, id)
    );

    -- a unit that came with an import counts with it
    alter table entry add column import_id bigint,
      add foreign key (agency_id, import_id) references posting_import (agency_id, id);

    create table posting (
      agency_id integer not null,
      id bigint generated always as identity,
      import_id bigint not null,
      row_number integer not null,
      -- SHA-256 of (published_on, channel, category, title, url[, unit]): the same row adds nothing
      natural_key bytea not null,
      -- SHA-256 of its item, or of title, category and day: rows of one message, whatever file they come in
      message_key bytea not null,
      bulletin_id bigint not null,
      channel_id text not null,
      evidence text,
      evidence_hash bytea,
      review_reference text,
      signed_by text,
      signed_on date,
      primary key (agency_id, id),
      unique (agency_id, natural_key),
      foreign key (agency_id, import_id) references posting_import (agency_id, id),
      foreign key (agency_id, channel_id) references channel (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id)
    );

    create index posting_by_message on posting (agency_id, message_key);
    create index posting_by_import on posting (agency_id, import_id);

    -- Rows are appended unchained, so that writers never wait for each other; one sealer links them.
    create table audit (
      id bigint generated always as identity primary key,
      agency_id integer not null references agency (id),
      at timestamptz not null,
      actor_id bigint,
      action text not null,
      subject text not null,
      -- hashes and field names, never bodies or numbers
      facts jsonb not null,
      transaction xid8 not null default pg_current_xact_id(),
      recorded_at timestamptz not null default clock_timestamp()
    );

    create table audit_seal (
      number bigint primary key,
      audit_id bigint not null unique references audit (id),
      sha256 bytea not null,
      sm3 bytea not null,
      sealed_at timestamptz not null default clock_timestamp()
    );
  `.execute(db)
}
