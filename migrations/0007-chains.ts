/** 审签链: chains as data, deputies with dates, what was submitted and for which channels, and referrals to
 *  the secrecy bureau. The law of reviews learns the new steps. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await tables(db)
  await law(db)
  await sql`
    create trigger never_changed before update or delete or truncate on plan
      for each statement execute function refuse_change();
    create trigger never_changed before update or delete or truncate on submission
      for each statement execute function refuse_change();
    grant select, insert on chain_rule, deputy, plan, submission, referral to duoling_hub;
    grant update, delete on chain_rule to duoling_hub;
    grant update on deputy, referral to duoling_hub;
  `.execute(db)
}

async function tables(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table chain_rule (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      -- null: any
      category_id text,
      channel_id text,
      urgency text check (urgency in ('urgent', 'warning', 'routine')),
      -- [{step, roles?, byAuthor?}]
      steps jsonb not null,
      primary key (agency_id, id),
      unique nulls not distinct (agency_id, category_id, channel_id, urgency),
      foreign key (agency_id, category_id) references category (agency_id, id),
      foreign key (agency_id, channel_id) references channel (agency_id, id)
    );

    -- 代理: from one day to another somebody acts in an absent person's role
    create table deputy (
      agency_id integer not null,
      id bigint generated always as identity,
      person_id bigint not null,
      deputy_id bigint not null,
      role text not null,
      from_on date not null,
      to_on date not null,
      reason text not null check (length(reason) between 1 and 500),
      appointed_by bigint not null,
      at timestamptz not null,
      revoked_at timestamptz,
      revoked_by bigint,
      primary key (agency_id, id),
      check (person_id <> deputy_id),
      check (from_on <= to_on),
      check ((revoked_at is null) = (revoked_by is null)),
      foreign key (agency_id, person_id) references person (agency_id, id),
      foreign key (agency_id, deputy_id) references person (agency_id, id),
      foreign key (agency_id, appointed_by) references person (agency_id, id),
      foreign key (agency_id, revoked_by) references person (agency_id, id)
    );
    create index deputy_by_deputy on deputy (agency_id, deputy_id);

    -- 拟发: the channels, audiences and hours the drafter means; the newest one holds
    create table plan (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      -- canonical text of the orders
      orders text not null,
      by_id bigint not null,
      at timestamptz not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, by_id) references person (agency_id, id)
    );
    create index plan_by_bulletin on plan (agency_id, bulletin_id, id);

    -- 送审
    create table submission (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision integer not null,
      hash bytea not null check (length(hash) = 32),
      submitted_by bigint not null,
      at timestamptz not null,
      -- 5 working days for the review in house
      due_on date not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, submitted_by) references person (agency_id, id)
    );
    create index submission_by_bulletin on submission (agency_id, bulletin_id);

    -- 报请确定: the question to the secrecy bureau, with its own clock
    create table referral (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision integer not null,
      hash bytea not null check (length(hash) = 32),
      authority text not null check (length(authority) between 1 and 100),
      referred_by bigint not null,
      at timestamptz not null,
      due_on date not null,
      answer text check (answer in ('public', 'on-application', 'withheld', 'taken-back')),
      -- 复函文号, or why it was taken back
      answer_note text,
      answered_by bigint,
      answered_at timestamptz,
      primary key (agency_id, id),
      check ((answer is null) = (answered_at is null) and (answer is null) = (answered_by is null)
        and (answer is null) = (answer_note is null)),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, referred_by) references person (agency_id, id),
      foreign key (agency_id, answered_by) references person (agency_id, id)
    );
    create unique index referral_open on referral (agency_id, bulletin_id) where answer is null;
    create index referral_by_bulletin on referral (agency_id, bulletin_id);
  `.execute(db)
}

async function law(db: Kysely<unknown>): Promise<void> {
  await sql`
    alter table review drop constraint review_step_check, drop constraint review_opinion_check;
    alter table review add constraint review_step_check check (step in ('section-check', 'proof',
        'first-review', 'first-proof', 'second-review', 'second-proof', 'third-review', 'third-proof',
        'secrecy-review')),
      add constraint review_opinion_check check (opinion in ('public', 'public-after-cuts',
        'on-application', 'withheld', 'referred', 'agreed')),
      -- Rows from before the steps had a word of their own keep theirs.
      add constraint review_word check (step <> 'secrecy-review' or opinion <> 'agreed');

    create or replace function law_of_review() returns trigger language plpgsql as $$
    begin
      -- A small bureau's section head may check what they drafted; nothing else is the author's.
      if new.step <> 'section-check' and exists (select 1 from revision r
          where r.agency_id = new.agency_id and r.bulletin_id = new.bulletin_id
            and r.author_id = new.reviewer_id) then
        raise exception 'duoling: author-may-not-review' using errcode = 'check_violation';
      end if;
      if new.hash is distinct from (select r.hash from revision r where r.agency_id = new.agency_id
          and r.bulletin_id = new.bulletin_id order by r.number desc limit 1) then
        raise exception 'duoling: not-latest-revision' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
  `.execute(db)
}
