/** What is written, reviewed, signed and published: bulletins, revisions, opinions, signatures,
 *  publications and their facts. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table bulletin (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      category_id text not null,
      mode text not null check (mode in ('earnest', 'exercise', 'test')),
      level text not null check (level in ('red', 'orange', 'yellow', 'blue', 'routine')),
      origin text not null check (origin in ('hub', 'manual')),
      -- the latest revision's title, for lists; emptied when the item's key is destroyed
      title text not null,
      author_id bigint not null,
      created_at timestamptz not null,
      -- 更正、变更、解除、转载、重发: a linked bulletin counts on its own
      linked_to bigint,
      link_kind text check (link_kind in ('corrects', 'updates', 'lifts', 'reposts')),
      index_number text,
      stopped_at timestamptz,
      stopped_by bigint,
      stop_reason text,
      primary key (agency_id, id),
      unique (agency_id, index_number),
      check ((linked_to is null) = (link_kind is null)),
      check ((stopped_at is null) = (stop_reason is null)),
      foreign key (agency_id, category_id) references category (agency_id, id),
      foreign key (agency_id, author_id) references person (agency_id, id),
      foreign key (agency_id, stopped_by) references person (agency_id, id),
      foreign key (agency_id, linked_to) references bulletin (agency_id, id)
    );

    -- One key an item, wrapped by a key outside the database; destroying it erases every body of the item.
    create table item_key (
      agency_id integer not null,
      bulletin_id bigint not null,
      wrapped bytea,
      destroyed_at timestamptz,
      destroyed_by bigint,
      destroyed_with bigint,
      reason text,
      primary key (agency_id, bulletin_id),
      check ((wrapped is null) = (destroyed_at is not null)),
      check (destroyed_by is distinct from destroyed_with or destroyed_by is null),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id)
    );

    create table body (
      agency_id integer not null,
      bulletin_id bigint not null,
      -- SHA-256 of the canonical text before sealing
      hash bytea not null check (length(hash) = 32),
      cipher bytea not null,
      primary key (agency_id, bulletin_id, hash),
      foreign key (agency_id, bulletin_id) references item_key (agency_id, bulletin_id)
    );

    create table revision (
      agency_id integer not null,
      bulletin_id bigint not null,
      number integer not null check (number > 0),
      hash bytea not null,
      author_id bigint not null,
      at timestamptz not null,
      primary key (agency_id, bulletin_id, number),
      foreign key (agency_id, bulletin_id, hash) references body (agency_id, bulletin_id, hash),
      foreign key (agency_id, author_id) references person (agency_id, id)
    );

    create table entry (
      agency_id integer not null,
      bulletin_id bigint not null,
      revision integer not null,
      position integer not null,
      unit text not null,
      level text check (level in ('province', 'prefecture', 'county')),
      detail text,
      primary key (agency_id, bulletin_id, revision, position),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number)
    );

    create table review (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision integer not null,
      hash bytea not null,
      step text not null check (step in ('section-check', 'proof', 'secrecy-review')),
      opinion text not null
        check (opinion in ('public', 'public-after-cuts', 'on-application', 'withheld', 'referred')),
      reviewer_id bigint not null,
      note text not null,
      at timestamptz not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, reviewer_id) references person (agency_id, id)
    );
    create index review_by_bulletin on review (agency_id, bulletin_id);

    -- 退回: who returned it may not make the edit
    create table return_note (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision integer not null,
      returned_by bigint not null,
      reason text not null check (length(reason) between 1 and 2000),
      at timestamptz not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, returned_by) references person (agency_id, id)
    );
    create index return_note_by_bulletin on return_note (agency_id, bulletin_id);

    create table signature (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision integer not null,
      hash bytea not null,
      signer_id bigint not null,
      at timestamptz not null,
      clearance text not null
        check (clearance in ('reviewed', 'paper', 'prepared-text', 'standing-order', 'relay')),
      -- the exact canonical text the proof covers
      manifest text not null,
      proof_kind text not null check (proof_kind in ('hmac', 'passkey')),
      proof_key_id text not null,
      proof bytea not null,
      -- paper: hash of the photographed sheet, who typed it in and who compared it
      sheet_hash bytea,
      entered_by bigint,
      confirmed_by bigint,
      primary key (agency_id, id),
      check ((clearance = 'paper') = (sheet_hash is not null and entered_by is not null
        and confirmed_by is not null and entered_by <> confirmed_by)),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, signer_id) references person (agency_id, id),
      foreign key (agency_id, entered_by) references person (agency_id, id),
      foreign key (agency_id, confirmed_by) references person (agency_id, id)
    );
    create index signature_by_bulletin on signature (agency_id, bulletin_id);

    -- 纸质签发: a photographed sheet that waits for a second person
    create table paper_sheet (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision_hash bytea not null,
      signer_id bigint not null,
      -- canonical text of the orders the printed code covers
      orders text not null,
      sheet_hash bytea not null check (length(sheet_hash) = 32),
      entered_by bigint not null,
      at timestamptz not null,
      signature_id bigint,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, signer_id) references person (agency_id, id),
      foreign key (agency_id, entered_by) references person (agency_id, id),
      foreign key (agency_id, signature_id) references signature (agency_id, id)
    );

    create table publication (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      channel_id text not null,
      -- its own category: a penalty counts as exposure on the official account
      category_id text not null,
      origin text not null check (origin in ('hub', 'manual')),
      mode text not null check (mode in ('earnest', 'exercise', 'test')),
      url text,
      reference text,
      -- the platform's time of first success decides the year (R3); recorded_at is ours
      occurred_at timestamptz,
      recorded_at timestamptz,
      withdrawn_at timestamptz,
      duplicate_of bigint,
      -- manual postings count from a second person's confirmation (R14)
      entered_by bigint,
      confirmed_by bigint,
      confirmed_at timestamptz,
      primary key (agency_id, id),
      unique (agency_id, bulletin_id, channel_id),
      check (withdrawn_at is null or occurred_at is not null),
      check (origin = 'hub' or (occurred_at is not null and entered_by is not null)),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, channel_id) references channel (agency_id, id),
      foreign key (agency_id, category_id) references category (agency_id, id),
      foreign key (agency_id, duplicate_of) references publication (agency_id, id),
      foreign key (agency_id, entered_by) references person (agency_id, id),
      foreign key (agency_id, confirmed_by) references person (agency_id, id)
    );
    create index publication_by_time on publication (agency_id, occurred_at);
    create index publication_by_withdrawal on publication (agency_id, withdrawn_at)
      where withdrawn_at is not null;

    -- 发送: counted once whatever the audiences and channels
    create table broadcast (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      category_id text not null,
      origin text not null check (origin in ('hub', 'manual')),
      mode text not null check (mode in ('earnest', 'exercise', 'test')),
      occurred_at timestamptz,
      recorded_at timestamptz,
      entered_by bigint,
      confirmed_by bigint,
      confirmed_at timestamptz,
      primary key (agency_id, id),
      unique (agency_id, bulletin_id),
      check (origin = 'hub' or (occurred_at is not null and entered_by is not null)),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, category_id) references category (agency_id, id),
      foreign key (agency_id, entered_by) references person (agency_id, id),
      foreign key (agency_id, confirmed_by) references person (agency_id, id)
    );
    create index broadcast_by_time on broadcast (agency_id, occurred_at);

    -- What stood where and since when: entries of a period are those of the last revision it shows.
    create table publication_fact (
      agency_id integer not null,
      id bigint generated always as identity,
      publication_id bigint not null,
      kind text not null check (kind in ('published', 'amended', 'withdrawn')),
      revision integer not null,
      occurred_at timestamptz not null,
      recorded_at timestamptz not null,
      dispatch_id bigint,
      reason text,
      primary key (agency_id, id),
      foreign key (agency_id, publication_id) references publication (agency_id, id)
    );
    create index publication_fact_by_publication on publication_fact (agency_id, publication_id);
  `.execute(db)
}
