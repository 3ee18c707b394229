/** Months that left the log: what was in them, counted, under the hash of the file they were written to; the
 *  law of what may be trimmed afterwards; and months made without holding up the log. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await archives(db)
  await trimming(db)
  await months(db)
}

async function archives(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- One file holds a month of every agency, because they share the log; each agency has its row.
    create table archived_month (
      agency_id integer not null references agency (id),
      month date not null check (extract(day from month) = 1),
      file text not null,
      -- of the file's lines before packing
      sha256 bytea not null check (length(sha256) = 32),
      deliveries bigint not null,
      receipts bigint not null,
      message_references bigint not null,
      archived_at timestamptz not null,
      primary key (agency_id, month)
    );
    -- What the log held of each dispatch: totals, status and the verifier go on by it.
    create table archived_count (
      agency_id integer not null,
      dispatch_id bigint not null,
      month date not null,
      state delivery_state not null,
      deliveries bigint not null check (deliveries > 0),
      units bigint not null,
      primary key (agency_id, dispatch_id, state),
      foreign key (agency_id, month) references archived_month (agency_id, month),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id)
    );
    create trigger never_changed before update or delete or truncate on archived_month
      for each statement execute function refuse_change();
    create trigger never_changed before update or delete or truncate on archived_count
      for each statement execute function refuse_change();
    grant select on archived_month, archived_count to duoling_hub;
  `.execute(db)
}

async function trimming(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_unless_archived() returns trigger language plpgsql as $$
    declare belongs date;
    begin
      if tg_table_name = 'message_reference' then
        belongs := old.month;
      elsif old.dispatch_id is null then
        -- Nobody knows what it was about: it belongs to the month it came in, in the bureau's calendar.
        belongs := date_trunc('month', old.recorded_at at time zone 'Asia/Shanghai')::date;
      else
        select d.month into belongs from dispatch d
          where d.agency_id = old.agency_id and d.id = old.dispatch_id;
      end if;
      if exists (select from archived_month a
          where a.agency_id = old.agency_id and a.month = belongs) then return old; end if;
      raise exception 'duoling: rows of % are deleted only with their archived month', tg_table_name
        using errcode = 'restrict_violation';
    end $$;

    drop trigger never_changed on message_reference;
    create trigger never_changed before update or truncate on message_reference
      for each statement execute function refuse_change();
    create trigger only_archived before delete on message_reference
      for each row execute function refuse_unless_archived();
    drop trigger never_deleted on receipt;
    create trigger never_truncated before truncate on receipt
      for each statement execute function refuse_change();
    create trigger only_archived before delete on receipt
      for each row execute function refuse_unless_archived();
  `.execute(db)
}

async function months(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Made apart and attached: that locks out neither who reads the log nor who writes it, not even
    -- behind a backup that reads for an hour. A month that left does not come back.
    create or replace function ensure_delivery_month(wanted date) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
    declare
      starts date := date_trunc('month', wanted);
      ends date := starts + interval '1 month';
      name text := 'delivery_' || to_char(starts, 'YYYYMM');
    begin
      if starts < date '2000-01-01' or starts > date '2100-01-01' then
        raise exception 'duoling: no month % in the log', wanted;
      end if;
      if to_regclass('public.' || name) is not null then return; end if;
      perform pg_advisory_xact_lock(hashtext('delivery-month'));
      if to_regclass('public.' || name) is not null then return; end if;
      if exists (select from archived_month a where a.month = starts) then
        raise exception 'duoling: month % is archived', starts using errcode = 'restrict_violation';
      end if;
      -- Written once and settled once, and the settled row is the longer one: with room for it on its page no
      -- index is written again (measured: a quarter less time than at 70).
      execute format('create table %I (like delivery including defaults including indexes)
        with (fillfactor = 40)', name);
      -- Known by the check, the rows need not be looked through.
      execute format('alter table %I add constraint within check (month >= %L and month < %L)',
        name, starts, ends);
      execute format('alter table delivery attach partition %I for values from (%L) to (%L)',
        name, starts, ends);
      execute format('alter table %I drop constraint within', name);
    exception when duplicate_table then
      -- Made by whoever held the lock; this session's memory of the catalogue is older than that.
      null;
    end $$;
  `.execute(db)
}
