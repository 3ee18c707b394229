/** The law inside the database: three different people, immutable papers, months made ahead, and a
 *  hub role that can neither alter nor drop. It refuses accidents; forgery is refused by the proof. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await immutability(db)
  await threePeople(db)
  await months(db)
  await grants(db)
}

async function immutability(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function refuse_change() returns trigger language plpgsql as $$
    begin
      raise exception 'duoling: rows of % are never changed or deleted', tg_table_name
        using errcode = 'restrict_violation';
    end $$;
  `.execute(db)
  const papers = ['revision', 'entry', 'review', 'return_note', 'signature', 'dispatch_payload']
  const facts = ['attempt', 'attempt_end', 'publication_fact', 'posting', 'audit', 'audit_seal']
  for (const table of [...papers, ...facts, 'installation']) {
    await sql`
      create trigger never_changed before update or delete or truncate on ${sql.table(table)}
        for each statement execute function refuse_change();
    `.execute(db)
  }
}

async function threePeople(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function law_of_review() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id and r.author_id = new.reviewer_id) then
        raise exception 'duoling: author-may-not-review' using errcode = 'check_violation';
      end if;
      if new.hash is distinct from (select r.hash from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id order by r.number desc limit 1) then
        raise exception 'duoling: not-latest-revision' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_review before insert on review
      for each row execute function law_of_review();

    create function law_of_signature() returns trigger language plpgsql as $$
    begin
      if new.clearance not in ('reviewed', 'paper') then
        raise exception 'duoling: clearance % has no door yet', new.clearance
          using errcode = 'check_violation';
      end if;
      if exists (select 1 from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id and r.author_id = new.signer_id) then
        raise exception 'duoling: author-may-not-sign' using errcode = 'check_violation';
      end if;
      if exists (select 1 from review v where v.agency_id = new.agency_id
          and v.bulletin_id = new.bulletin_id and v.hash = new.hash
          and v.reviewer_id = new.signer_id) then
        raise exception 'duoling: reviewer-may-not-sign' using errcode = 'check_violation';
      end if;
      if new.hash is distinct from (select r.hash from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id order by r.number desc limit 1) then
        raise exception 'duoling: edited-since-review' using errcode = 'check_violation';
      end if;
      if coalesce((select v.opinion from review v where v.agency_id = new.agency_id
          and v.bulletin_id = new.bulletin_id and v.hash = new.hash and v.step = 'secrecy-review'
          order by v.id desc limit 1), '') not in ('public', 'public-after-cuts') then
        raise exception 'duoling: not-reviewed' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_signature before insert on signature
      for each row execute function law_of_signature();
  `.execute(db)
}

async function months(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- Runs as its owner: the hub itself may not make tables.
    create function ensure_delivery_month(wanted date) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
    declare
      starts date := date_trunc('month', wanted);
      name text := 'delivery_' || to_char(starts, 'YYYYMM');
    begin
      if starts < date '2000-01-01' or starts > date '2100-01-01' then
        raise exception 'duoling: no month % in the log', wanted;
      end if;
      if to_regclass('public.' || name) is not null then return; end if;
      perform pg_advisory_xact_lock(hashtext('delivery-month'));
      if to_regclass('public.' || name) is not null then return; end if;
      execute format('create table %I partition of delivery for values from (%L) to (%L)
        with (fillfactor = 70)', name, starts, starts + interval '1 month');
    exception when duplicate_table then
      -- Made by whoever held the lock; this session's memory of the catalogue is older than that.
      null;
    end $$;

    create function analyze_delivery_month(wanted date) returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
    declare name text := 'delivery_' || to_char(date_trunc('month', wanted), 'YYYYMM');
    begin
      if to_regclass('public.' || name) is not null then
        execute format('analyze %I', name);
      end if;
    end $$;

    create function analyze_contacts() returns void
      language plpgsql security definer set search_path = public, pg_temp as $$
    begin
      analyze address, contact, contact_address, audience_member;
    end $$;
  `.execute(db)
}

async function grants(db: Kysely<unknown>): Promise<void> {
  await sql`
    revoke create on schema public from public;
    grant usage on schema public to duoling_hub;
    grant select, insert on all tables in schema public to duoling_hub;
    revoke all on all functions in schema public from public;
    grant execute on all functions in schema public to duoling_hub;
    grant update on agency, index_counter, agency_name, person, category, channel, road, contact, address_block,
      address, audience, bulletin, item_key, publication, broadcast, dispatch, batch, delivery,
      hand_task, tally, page, posting_import, paper_sheet to duoling_hub;
    grant delete on audience_member, contact_address to duoling_hub;
  `.execute(db)
}
