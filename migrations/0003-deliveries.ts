/** What went out: dispatches, batches with their lease, deliveries by month, attempts, receipts,
 *  hand tasks, tallies. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table dispatch (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      signature_id bigint not null,
      -- its place in the signature's manifest
      manifest_line integer not null,
      channel_id text not null,
      act text not null check (act in ('publish', 'amend', 'withdraw', 'notify', 'resend')),
      publication_id bigint,
      broadcast_id bigint,
      revision integer not null,
      category_id text not null,
      mode text not null check (mode in ('earnest', 'exercise', 'test')),
      lane text not null check (lane in ('urgent', 'normal', 'bulk')),
      -- partition of its deliveries and day of its tallies, both in the bureau's calendar
      month date not null,
      day date not null,
      audience_rule jsonb not null,
      reach integer not null,
      tolerance integer not null,
      not_before timestamptz not null,
      not_after timestamptz not null,
      -- addresses added after signing are not meant where the audience was frozen
      address_id_max bigint,
      -- 22:00–07:00: its batches wait for morning
      quiet_hold boolean not null,
      state text not null check (state in ('held', 'expanding', 'fanned-out', 'stopped')),
      held_reason text,
      -- last address the resumable expansion reached
      expanded_to bigint not null default 0,
      reason text,
      created_at timestamptz not null,
      primary key (agency_id, id),
      unique (agency_id, signature_id, manifest_line),
      check (num_nonnulls(publication_id, broadcast_id) = 1),
      check (not_after > not_before),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, signature_id) references signature (agency_id, id),
      foreign key (agency_id, channel_id) references channel (agency_id, id),
      foreign key (agency_id, publication_id) references publication (agency_id, id),
      foreign key (agency_id, broadcast_id) references broadcast (agency_id, id)
    );
    create index dispatch_by_bulletin on dispatch (agency_id, bulletin_id);
    create index dispatch_unexpanded on dispatch (not_before) where state in ('held', 'expanding');
    -- Two leaders signing at once give one fan-out: one publish or notify a channel and bulletin.
    create unique index dispatch_first on dispatch (agency_id, bulletin_id, channel_id)
      where act in ('publish', 'notify');

    create table dispatch_payload (
      agency_id integer not null,
      dispatch_id bigint not null,
      road_id text not null,
      bulletin_id bigint not null,
      hash bytea not null,
      primary key (agency_id, dispatch_id, road_id),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id),
      foreign key (agency_id, bulletin_id, hash) references body (agency_id, bulletin_id, hash)
    );

    create table batch (
      agency_id integer not null,
      id bigint generated always as identity,
      dispatch_id bigint not null,
      month date not null,
      channel_id text not null,
      road_id text not null,
      lane text not null check (lane in ('urgent', 'normal', 'bulk')),
      -- the batch whose recipients these were before they had to be tried again
      parent_id bigint,
      -- members stand between these addresses, so that no index on the delivery is needed to find them
      address_from bigint not null,
      address_to bigint not null,
      size integer not null,
      -- attempts its members have behind them
      attempts integer not null default 0,
      state text not null check (state in ('waiting', 'leased', 'settled', 'held', 'stopped', 'expired')),
      due_at timestamptz not null,
      quiet_hold boolean not null,
      -- when the channel may be asked what became of unsure members; null when there are none. It stands
      -- here, because an index on a delivery's state would make each of its updates cost twice.
      look_at timestamptz,
      lease_token uuid,
      lease_until timestamptz,
      leased_by text,
      primary key (agency_id, id),
      check ((state = 'leased') = (lease_token is not null)),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id),
      foreign key (agency_id, parent_id) references batch (agency_id, id)
    );
    create index batch_due on batch (lane, due_at) where state = 'waiting';
    create index batch_look on batch (look_at) where look_at is not null;
    create index batch_leased on batch (lease_until) where state = 'leased';
    create index batch_by_dispatch on batch (agency_id, dispatch_id);

    create type delivery_state as enum ('excluded', 'held', 'waiting', 'sending', 'awaiting', 'unsure',
      'accepted', 'delivered', 'failed', 'expired', 'cancelled', 'no-receipt', 'skipped');

    -- No foreign keys here: a million rows would fire a million triggers. One INSERT … SELECT joins
    -- them to rows that have theirs, and the verifier recounts.
    create table delivery (
      agency_id integer not null,
      dispatch_id bigint not null,
      month date not null,
      address_id bigint not null,
      batch_id bigint,
      state delivery_state not null,
      code text,
      reference text,
      units smallint not null default 0,
      changed_at timestamptz not null default now(),
      acked_at timestamptz,
      reply text,
      primary key (agency_id, dispatch_id, month, address_id)
    ) partition by range (month);

    create table attempt (
      agency_id integer not null,
      id bigint generated always as identity,
      batch_id bigint not null,
      dispatch_id bigint not null,
      road_id text not null,
      lease_token uuid not null,
      process text not null,
      -- null: every member of the batch
      address_ids bigint[],
      at timestamptz not null,
      begun_at timestamptz not null default clock_timestamp(),
      primary key (agency_id, id),
      foreign key (agency_id, batch_id) references batch (agency_id, id)
    );
    create index attempt_by_batch on attempt (agency_id, batch_id);

    create table attempt_end (
      agency_id integer not null,
      attempt_id bigint not null,
      ended_at timestamptz not null default clock_timestamp(),
      -- an answer after its lease: a fact, which may resolve an unsure delivery and nothing else
      late boolean not null,
      outcomes jsonb not null,
      primary key (agency_id, attempt_id),
      foreign key (agency_id, attempt_id) references attempt (agency_id, id)
    );

    create table receipt (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      channel_id text not null,
      road_id text not null,
      reference text not null,
      state text not null check (state in ('delivered', 'failed')),
      code text,
      reply text,
      occurred_at timestamptz not null,
      recorded_at timestamptz not null,
      -- null: unknown reference, kept and shown
      dispatch_id bigint,
      address_id bigint,
      primary key (agency_id, id),
      foreign key (agency_id, channel_id, road_id) references road (agency_id, channel_id, id)
    );
    create index receipt_unknown on receipt (agency_id, recorded_at) where dispatch_id is null;

    -- 人工代发: one task an address, in the hands of whoever keeps that group or place
    create table hand_task (
      agency_id integer not null,
      id bigint generated always as identity,
      dispatch_id bigint not null,
      month date not null,
      address_id bigint not null,
      keeper_id bigint,
      due_at timestamptz not null,
      created_at timestamptz not null,
      state text not null check (state in ('open', 'done', 'cancelled')),
      done_at timestamptz,
      done_by bigint,
      url text,
      picture_hash bytea,
      primary key (agency_id, id),
      unique (agency_id, dispatch_id, address_id),
      check ((state = 'done') = (done_at is not null and done_by is not null)),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id),
      foreign key (agency_id, address_id) references address (agency_id, id),
      foreign key (agency_id, keeper_id) references person (agency_id, id),
      foreign key (agency_id, done_by) references person (agency_id, id)
    );
    create index hand_task_open on hand_task (agency_id, keeper_id, due_at) where state = 'open';

    -- Deliveries and units only; 16 slots keep parallel settles from queuing on one row.
    create table tally (
      agency_id integer not null references agency (id),
      day date not null,
      channel_id text not null,
      category_id text not null,
      mode text not null,
      state delivery_state not null,
      slot smallint not null,
      deliveries bigint not null,
      units bigint not null,
      primary key (agency_id, day, channel_id, category_id, mode, state, slot)
    ) with (fillfactor = 50);
  `.execute(db)
}
