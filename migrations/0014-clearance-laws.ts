/** The law of the clearances inside the database: who may review, grant, fill, sign and look again, and how
 *  often an order is used. It refuses accidents; forgery is refused by the proofs. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await lawOfParts(db)
  await lawOfUse(db)
  await lawOfSignature(db)
}

/** Each paper a clearance stands on is made by people who may make it. */
async function lawOfParts(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function law_of_prepared_text_review() returns trigger language plpgsql as $$
    declare template prepared_text%rowtype;
    begin
      select * into template from prepared_text t
        where t.agency_id = new.agency_id and t.id = new.prepared_text_id;
      if template.author_id = new.reviewer_id then
        raise exception 'duoling: author-may-not-review' using errcode = 'check_violation';
      end if;
      if template.hash is distinct from new.hash then
        raise exception 'duoling: edited-since-review' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_prepared_text_review before insert on prepared_text_review
      for each row execute function law_of_prepared_text_review();

    create function law_of_standing_order() returns trigger language plpgsql as $$
    declare newest prepared_text_review%rowtype;
    begin
      select * into newest from prepared_text_review v where v.agency_id = new.agency_id
        and v.prepared_text_id = new.prepared_text_id order by v.id desc limit 1;
      if newest.id is distinct from new.review_id or newest.reviewer_id is distinct from new.reviewer_id
          or newest.opinion not in ('public', 'public-after-cuts') then
        raise exception 'duoling: not-reviewed' using errcode = 'check_violation';
      end if;
      if new.author_id is distinct from (select t.author_id from prepared_text t
          where t.agency_id = new.agency_id and t.id = new.prepared_text_id) then
        raise exception 'duoling: author-may-not-sign' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_standing_order before insert on standing_order
      for each row execute function law_of_standing_order();

    create function law_of_relay_source_confirmation() returns trigger language plpgsql as $$
    begin
      if new.confirmed_by = (select s.registered_by from relay_source s
          where s.agency_id = new.agency_id and s.id = new.source_id) then
        raise exception 'duoling: confirmer-is-enterer' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_relay_source_confirmation before insert on relay_source_confirmation
      for each row execute function law_of_relay_source_confirmation();

    create function law_of_after_review_opinion() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id and r.author_id = new.reviewer_id) then
        raise exception 'duoling: author-may-not-review' using errcode = 'check_violation';
      end if;
      if exists (select 1 from signature s where s.agency_id = new.agency_id
          and s.bulletin_id = new.bulletin_id and s.signer_id = new.reviewer_id) then
        raise exception 'duoling: reviewer-may-not-sign' using errcode = 'check_violation';
      end if;
      if new.hash is distinct from (select a.hash from after_review a
          where a.agency_id = new.agency_id and a.bulletin_id = new.bulletin_id) then
        raise exception 'duoling: not-latest-revision' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_after_review_opinion before insert on after_review_opinion
      for each row execute function law_of_after_review_opinion();
  `.execute(db)
}

/** A use beyond the limits is refused even where no door was asked; the lock makes the count exact. */
async function lawOfUse(db: Kysely<unknown>): Promise<void> {
  await sql`
    create function law_of_clearance_use() returns trigger language plpgsql as $$
    declare granted standing_order%rowtype;
    begin
      if new.standing_order_id is null then return new; end if;
      select * into granted from standing_order o where o.agency_id = new.agency_id
        and o.id = new.standing_order_id for no key update;
      if granted.prepared_text_id is distinct from new.prepared_text_id then
        raise exception 'duoling: not-reviewed' using errcode = 'check_violation';
      end if;
      if exists (select 1 from standing_order_revocation r where r.agency_id = new.agency_id
          and r.standing_order_id = new.standing_order_id) then
        raise exception 'duoling: order-revoked' using errcode = 'check_violation';
      end if;
      if new.at < granted.valid_from or new.at >= granted.valid_until then
        raise exception 'duoling: order-expired' using errcode = 'check_violation';
      end if;
      if (select count(*) from clearance_use u where u.agency_id = new.agency_id
            and u.standing_order_id = new.standing_order_id) >= granted.uses_max
          or (select count(*) from clearance_use u where u.agency_id = new.agency_id
            and u.standing_order_id = new.standing_order_id and u.day = new.day)
            >= granted.uses_per_day_max then
        raise exception 'duoling: order-used-up' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_clearance_use before insert on clearance_use
      for each row execute function law_of_clearance_use();
  `.execute(db)
}

async function lawOfSignature(db: Kysely<unknown>): Promise<void> {
  await sql`
    create or replace function law_of_signature() returns trigger language plpgsql as $$
    declare
      used clearance_use%rowtype;
      newest prepared_text_review%rowtype;
    begin
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
      select * into used from clearance_use u
        where u.agency_id = new.agency_id and u.bulletin_id = new.bulletin_id and u.hash = new.hash;
      if new.clearance in ('reviewed', 'paper') then
        -- What was signed once may be taken down whatever was said or edited since.
        if only_withdraws(new.manifest) and exists (select 1 from signature s
            where s.agency_id = new.agency_id and s.bulletin_id = new.bulletin_id) then
          return new;
        end if;
        if coalesce((select v.opinion from review v where v.agency_id = new.agency_id
            and v.bulletin_id = new.bulletin_id and v.hash = new.hash and v.step = 'secrecy-review'
            order by v.id desc limit 1), '') not in ('public', 'public-after-cuts') then
          raise exception 'duoling: not-reviewed' using errcode = 'check_violation';
        end if;
        return new;
      end if;
      if used.clearance is distinct from new.clearance then
        raise exception 'duoling: clearance % has no door yet on this text', new.clearance
          using errcode = 'check_violation';
      end if;
      select * into newest from prepared_text_review v where v.agency_id = new.agency_id
        and v.prepared_text_id = used.prepared_text_id order by v.id desc limit 1;
      if coalesce(newest.opinion, '') not in ('public', 'public-after-cuts') then
        raise exception 'duoling: not-reviewed' using errcode = 'check_violation';
      end if;
      if newest.reviewer_id = new.signer_id then
        raise exception 'duoling: reviewer-may-not-sign' using errcode = 'check_violation';
      end if;
      if exists (select 1 from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id and r.author_id = newest.reviewer_id) then
        raise exception 'duoling: author-may-not-review' using errcode = 'check_violation';
      end if;
      if new.signer_id in (select t.author_id from prepared_text t
          where t.agency_id = new.agency_id and t.id = used.prepared_text_id) then
        raise exception 'duoling: author-may-not-sign' using errcode = 'check_violation';
      end if;
      if new.clearance = 'prepared-text' then
        if used.filled_by = new.signer_id then
          raise exception 'duoling: author-may-not-sign' using errcode = 'check_violation';
        end if;
        if not exists (select 1 from after_review a where a.agency_id = new.agency_id
            and a.bulletin_id = new.bulletin_id and a.hash = new.hash) then
          raise exception 'duoling: no review follows' using errcode = 'check_violation';
        end if;
      elsif not exists (select 1 from standing_order o where o.agency_id = new.agency_id
          and o.id = used.standing_order_id and o.signer_id = new.signer_id
          and new.at >= o.valid_from and new.at < o.valid_until) then
        raise exception 'duoling: the order was granted by somebody else or is over'
          using errcode = 'check_violation';
      end if;
      if new.clearance = 'relay' and not exists (select 1 from relayed_message m
          join relay_source_confirmation c on c.agency_id = m.agency_id and c.source_id = m.source_id
          where m.agency_id = new.agency_id and m.id = used.message_id) then
        raise exception 'duoling: source-unknown' using errcode = 'check_violation';
      end if;
      return new;
    end $$;

    create function only_withdraws(manifest text) returns boolean language sql immutable as $$
      select coalesce(bool_and(d ->> 'act' = 'withdraw'), false)
      from jsonb_array_elements(coalesce(manifest::jsonb -> 'dispatches', '[]'::jsonb)) d
    $$;
    revoke all on function only_withdraws(text) from public;
    grant execute on function only_withdraws(text) to duoling_hub;
  `.execute(db)
}
