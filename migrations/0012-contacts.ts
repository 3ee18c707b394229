/** Contacts with what rules ask about (code, area, tags), audiences that are a rule, imports, and which
 *  address a contact had before. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    -- 乡镇街道: the agency's own list; a rule and a contact name an area as people do
    create table area (
      agency_id integer not null references agency (id),
      name text not null check (length(name) between 1 and 40),
      position integer not null,
      retired_at timestamptz,
      primary key (agency_id, name)
    );

    alter table contact
      -- 统一社会信用代码: finds the same company again in the next list
      add column credit_code text check (credit_code ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'),
      add column area text,
      add column tags text[] not null default '{}',
      -- 联系人 at the company
      add column liaison text,
      add foreign key (agency_id, area) references area (agency_id, name);
    create unique index contact_code on contact (agency_id, credit_code)
      where removed_at is null and credit_code is not null;
    create index contact_by_name on contact (agency_id, name) where removed_at is null;
    create index contact_by_area on contact (agency_id, area) where area is not null;
    create index contact_by_tag on contact using gin (tags) where tags <> '{}';

    -- null: a list of members; otherwise whom the rule over tags and area means
    alter table audience add column rule jsonb;

    -- A signature that names a list must never come to mean a rule, nor the other way about.
    create function law_of_audience() returns trigger language plpgsql as $$
    begin
      if (old.rule is null) <> (new.rule is null) then
        raise exception 'duoling: an audience stays a list or a rule' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_audience before update on audience
      for each row execute function law_of_audience();
    create function law_of_member() returns trigger language plpgsql as $$
    begin
      if exists (select 1 from audience a join fresh f
          on f.agency_id = a.agency_id and f.audience_id = a.id where a.rule is not null) then
        raise exception 'duoling: a rule has no members' using errcode = 'check_violation';
      end if;
      return null;
    end $$;
    create trigger law_of_member after insert on audience_member
      referencing new table as fresh for each statement execute function law_of_member();

    create table contact_import (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      file_name text not null,
      file_hash bytea not null,
      entered_by bigint not null,
      at timestamptz not null,
      replaces boolean not null,
      rows integer not null,
      added integer not null,
      changed integer not null,
      unchanged integer not null,
      removed integer not null,
      primary key (agency_id, id),
      foreign key (agency_id, entered_by) references person (agency_id, id)
    );
    create index contact_import_by_time on contact_import (agency_id, at);
    create trigger never_changed before update or delete or truncate on contact_import
      for each statement execute function refuse_change();

    -- Whose address it was until then: an old delivery still finds its contact.
    create table contact_address_past (
      agency_id integer not null,
      contact_id bigint not null,
      address_id bigint not null,
      until timestamptz not null,
      primary key (agency_id, contact_id, address_id, until),
      foreign key (agency_id, contact_id) references contact (agency_id, id),
      foreign key (agency_id, address_id) references address (agency_id, id)
    );
    create trigger never_changed before update or delete or truncate on contact_address_past
      for each statement execute function refuse_change();

    -- Who took a number off keeps it off when the number comes back with a later list.
    create index address_off on address (agency_id, kind, blind_index)
      where unsubscribed_at is not null;

    grant select, insert on area, contact_import, contact_address_past to duoling_hub;
    grant update on area to duoling_hub;
  `.execute(db)
}
