/** What the outside tells us later: receipts that find their delivery, replies, whom to ask again and
 *  when, and the mark of a batch that may only be repeated on its own road. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await receipts(db)
  await references(db)
  await replies(db)
  await roads(db)
}

async function receipts(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What was heard is a fact; which delivery it is about, and when it is looked at again, may follow.
    alter table receipt
      add column heard_key bytea,
      add column address_blind bytea,
      add column look_at timestamptz,
      add column looks smallint not null default 0;
    update receipt set heard_key = sha256(convert_to(id::text, 'UTF8'));
    alter table receipt
      alter column heard_key set not null,
      add unique (agency_id, heard_key);
    create index receipt_due on receipt (look_at) where look_at is not null;
    create index receipt_by_reference on receipt (agency_id, channel_id, reference)
      where dispatch_id is null;
    -- A receipt may come after its address was taken off the list.
    create index address_removed on address (agency_id, kind, blind_index)
      where removed_at is not null;
    create trigger never_deleted before delete or truncate on receipt
      for each statement execute function refuse_change();
    grant update (dispatch_id, address_id, look_at, looks) on receipt to duoling_hub;
  `.execute(db)
}

async function references(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- What the platform called a message, written only for channels that give receipts: one row a
    -- reference, however many addresses one call carried. No index on the delivery, and like it no
    -- foreign keys: single calls would fire a trigger each.
    create table message_reference (
      agency_id integer not null,
      channel_id text not null,
      reference text not null,
      dispatch_id bigint not null,
      month date not null,
      address_from bigint not null,
      address_to bigint not null,
      -- where readers find it, until a receipt makes it the publication's
      url text,
      primary key (agency_id, channel_id, reference, dispatch_id, address_from)
    );
    create trigger never_changed before update or delete or truncate on message_reference
      for each statement execute function refuse_change();

    -- Batches whose end is not known yet: when the channel is asked, and when nobody waits any more.
    create table receipt_watch (
      agency_id integer not null,
      batch_id bigint not null,
      dispatch_id bigint not null,
      month date not null,
      channel_id text not null,
      road_id text not null,
      address_from bigint not null,
      address_to bigint not null,
      sent_at timestamptz not null,
      -- null: this channel tells by itself
      ask_at timestamptz,
      asked integer not null default 0,
      until_at timestamptz not null,
      -- a queue that can be read once is read on after that, for replies
      closes_at timestamptz not null,
      primary key (agency_id, batch_id),
      foreign key (agency_id, batch_id) references batch (agency_id, id),
      foreign key (agency_id, channel_id, road_id) references road (agency_id, channel_id, id)
    );
    create index receipt_watch_ask on receipt_watch (ask_at) where ask_at is not null;
    create index receipt_watch_until on receipt_watch (until_at);

    -- Whose turn it is to ask on a road; a queue that can be read once must not be read by two.
    create table poll_turn (
      agency_id integer not null,
      channel_id text not null,
      road_id text not null,
      token uuid,
      lease_until timestamptz,
      primary key (agency_id, channel_id, road_id),
      check ((token is null) = (lease_until is null)),
      foreign key (agency_id, channel_id, road_id) references road (agency_id, channel_id, id)
    );
    grant select, insert on message_reference to duoling_hub;
    grant select, insert, update, delete on receipt_watch to duoling_hub;
    grant select, insert, update on poll_turn to duoling_hub;
  `.execute(db)
}

async function replies(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table reply (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      channel_id text not null,
      road_id text not null,
      -- keyed digest of the platform's id, or of sender, text and minute: a repeated one adds nothing
      heard_key bytea not null,
      sender_blind bytea not null,
      key_id text not null,
      -- sender and text in one envelope, because both may be somebody's own
      cipher bytea not null,
      -- keyed, because a short text is soon guessed
      text_hash bytea not null,
      meaning text not null check (meaning in ('confirm', 'unsubscribe', 'other')),
      reference text,
      occurred_at timestamptz not null,
      recorded_at timestamptz not null,
      look_at timestamptz,
      looks smallint not null default 0,
      -- null: it answers nothing we sent; kept and shown
      dispatch_id bigint,
      bulletin_id bigint,
      address_id bigint,
      primary key (agency_id, id),
      unique (agency_id, heard_key),
      check ((dispatch_id is null) = (bulletin_id is null)),
      foreign key (agency_id, channel_id, road_id) references road (agency_id, channel_id, id),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, address_id) references address (agency_id, id)
    );
    create index reply_due on reply (look_at) where look_at is not null;
    create index reply_unmatched on reply (agency_id, id) where dispatch_id is null;
    create index reply_by_bulletin on reply (agency_id, bulletin_id, id) where bulletin_id is not null;
    create trigger never_deleted before delete or truncate on reply
      for each statement execute function refuse_change();
    grant select, insert, update (dispatch_id, bulletin_id, address_id, look_at, looks) on reply
      to duoling_hub;
    -- Which dispatches a reply may answer: the channel's newest first.
    create index dispatch_by_channel on dispatch (agency_id, channel_id, id);
  `.execute(db)
}

async function roads(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Its members may have been sent on its road, which recognises a repetition; no other road may.
    alter table batch add column bound boolean not null default false;
    create index batch_by_road on batch (agency_id, channel_id, road_id)
      where state in ('waiting', 'held');
    create index batch_held on batch (agency_id, road_id) where state = 'held';
  `.execute(db)
}
