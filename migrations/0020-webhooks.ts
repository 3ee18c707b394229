/** 外发通知: what happened, written by triggers in the transaction in which it happened, and for each
 *  subscriber one line that says whether it was told. Nothing here holds a text or an address. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table webhook (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      name text not null check (length(name) between 1 and 60),
      url text not null check (length(url) <= 500),
      kinds text[] not null check (cardinality(kinds) > 0),
      created_at timestamptz not null,
      paused_at timestamptz,
      -- gone: the receiver answered 410
      pause_reason text check (pause_reason in ('person', 'gone')),
      removed_at timestamptz,
      primary key (agency_id, id),
      check ((paused_at is null) = (pause_reason is null))
    );
    create table webhook_key (
      agency_id integer not null,
      webhook_id bigint not null,
      number integer not null check (number > 0),
      -- sealed under a key outside the database; emptied when the key is dropped
      cipher bytea,
      created_at timestamptz not null,
      dropped_at timestamptz,
      primary key (agency_id, webhook_id, number),
      check ((cipher is null) = (dropped_at is not null)),
      foreign key (agency_id, webhook_id) references webhook (agency_id, id)
    );
    create table webhook_event (
      agency_id integer not null references agency (id),
      id uuid not null default gen_random_uuid(),
      kind text not null check (kind in ('bulletin.signed', 'bulletin.stopped',
        'publication.published', 'publication.amended', 'publication.withdrawn',
        'dispatch.finished', 'delivery.unsure', 'ping')),
      at timestamptz not null,
      recorded_at timestamptz not null default clock_timestamp(),
      mode text,
      bulletin_id bigint,
      publication_id bigint,
      dispatch_id bigint,
      channel_id text,
      facts jsonb not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, publication_id) references publication (agency_id, id),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id)
    );
    create index webhook_event_by_time on webhook_event (agency_id, recorded_at);
    create unique index webhook_event_finished on webhook_event (agency_id, dispatch_id)
      where kind = 'dispatch.finished';
    create trigger never_changed before update or delete or truncate on webhook_event
      for each statement execute function refuse_change();

    create table webhook_delivery (
      agency_id integer not null,
      webhook_id bigint not null,
      event_id uuid not null,
      state text not null default 'waiting' check (state in ('waiting', 'done', 'given-up')),
      attempts integer not null default 0,
      -- of the first attempt: the 24 hours run from here
      first_at timestamptz,
      next_at timestamptz not null default 'epoch',
      lease_token uuid,
      lease_until timestamptz,
      done_at timestamptz,
      -- a status or an error code, never what the receiver wrote
      fault text,
      primary key (agency_id, webhook_id, event_id),
      check ((state = 'done') = (done_at is not null)),
      check ((lease_token is null) = (lease_until is null)),
      foreign key (agency_id, webhook_id) references webhook (agency_id, id),
      foreign key (agency_id, event_id) references webhook_event (agency_id, id)
    );
    create index webhook_delivery_due on webhook_delivery (agency_id, webhook_id, next_at)
      where state = 'waiting';
    create index webhook_delivery_done on webhook_delivery (agency_id, webhook_id, done_at)
      where state = 'done';
    create index webhook_delivery_open on webhook_delivery (agency_id, webhook_id)
      where state <> 'done';

    -- Dispatches that are not finished, while somebody wants to be told; null when it was told.
    create table webhook_watch (
      agency_id integer not null,
      dispatch_id bigint not null,
      look_at timestamptz default 'epoch',
      primary key (agency_id, dispatch_id),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id)
    );
    create index webhook_watch_due on webhook_watch (look_at) where look_at is not null;

    grant select, insert, update on webhook, webhook_key, webhook_delivery to duoling_hub;
    grant select, insert on webhook_event to duoling_hub;
    grant select, update on webhook_watch to duoling_hub;

    create function has_webhooks(agency integer) returns boolean language sql stable
      set search_path = public, pg_temp as $$
      select exists (select 1 from webhook w where w.agency_id = agency and w.removed_at is null)
    $$;

    -- These run as their owner: whoever states a fact cannot leave the event out.
    create function tell_webhooks() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      insert into webhook_delivery (agency_id, webhook_id, event_id)
        select w.agency_id, w.id, new.id from webhook w
        where w.agency_id = new.agency_id and w.removed_at is null and new.kind = any (w.kinds);
      return null;
    end $$;
    create trigger tell_webhooks after insert on webhook_event
      for each row execute function tell_webhooks();

    create function note_signed() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      if has_webhooks(new.agency_id) then
        insert into webhook_event (agency_id, kind, at, mode, bulletin_id, facts)
          select new.agency_id, 'bulletin.signed', new.at, b.mode, b.id,
            jsonb_build_object('revision', new.revision, 'clearance', new.clearance)
          from bulletin b where b.agency_id = new.agency_id and b.id = new.bulletin_id;
      end if;
      return null;
    end $$;
    create trigger note_signed after insert on signature
      for each row execute function note_signed();

    create function note_stopped() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      if has_webhooks(new.agency_id) then
        insert into webhook_event (agency_id, kind, at, mode, bulletin_id, facts)
          values (new.agency_id, 'bulletin.stopped', new.stopped_at, new.mode, new.id, '{}');
      end if;
      return null;
    end $$;
    create trigger note_stopped after update of stopped_at on bulletin
      for each row when (old.stopped_at is null and new.stopped_at is not null)
      execute function note_stopped();

    -- What was posted outside and entered later is no news.
    create function note_publication_fact() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      if has_webhooks(new.agency_id) then
        insert into webhook_event (agency_id, kind, at, mode, bulletin_id, publication_id, dispatch_id,
          channel_id, facts)
          select p.agency_id, 'publication.' || new.kind, new.occurred_at, p.mode, p.bulletin_id, p.id,
            new.dispatch_id, p.channel_id, jsonb_build_object('revision', new.revision)
          from publication p
          where p.agency_id = new.agency_id and p.id = new.publication_id and p.origin = 'hub';
      end if;
      return null;
    end $$;
    create trigger note_publication_fact after insert on publication_fact
      for each row execute function note_publication_fact();

    create function watch_dispatch() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      if has_webhooks(new.agency_id) then
        insert into webhook_watch (agency_id, dispatch_id) values (new.agency_id, new.id);
      end if;
      return null;
    end $$;
    create trigger watch_dispatch after insert on dispatch
      for each row execute function watch_dispatch();

    -- A batch is looked after from the moment it holds unsure members. At the end of the transaction, because
    -- the members are written after the batch.
    create function note_unsure() returns trigger language plpgsql
      security definer set search_path = public, pg_temp as $$
    begin
      if has_webhooks(new.agency_id) then
        insert into webhook_event (agency_id, kind, at, mode, bulletin_id, dispatch_id, channel_id, facts)
          select d.agency_id, 'delivery.unsure', new.look_at, d.mode, d.bulletin_id, d.id, d.channel_id,
            jsonb_build_object('deliveries', u.deliveries)
          from dispatch d, lateral (
            select count(*) as deliveries from delivery v
            where v.agency_id = d.agency_id and v.dispatch_id = d.id and v.month = new.month
              and v.batch_id = new.id and v.state = 'unsure'
              and v.address_id between new.address_from and new.address_to) u
          where d.agency_id = new.agency_id and d.id = new.dispatch_id and u.deliveries > 0;
      end if;
      return null;
    end $$;
    create constraint trigger note_unsure after update of look_at on batch
      deferrable initially deferred
      for each row when (old.look_at is null and new.look_at is not null)
      execute function note_unsure();

    revoke all on function tell_webhooks(), note_signed(), note_stopped(), note_publication_fact(),
      watch_dispatch(), note_unsure() from public;
  `.execute(db)
}
