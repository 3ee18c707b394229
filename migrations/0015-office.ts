/** Documents of the office system: what arrived as which revision, its approval on paper, and the one
 *  signature the approval became. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table office_document (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      -- the office system's own id
      external_id text not null check (length(external_id) between 1 and 100),
      document_number text not null check (document_number <> ''),
      -- the file as it arrived, kept as a blob
      file_hash bytea not null check (length(file_hash) = 32),
      -- over everything in the package: a repetition is told from a change beside the file
      package_hash bytea not null check (length(package_hash) = 32),
      bulletin_id bigint not null,
      revision integer not null,
      revision_hash bytea not null check (length(revision_hash) = 32),
      -- what of the file did not become part of the text, each a sentence
      losses text[] not null default '{}',
      entered_by bigint not null,
      at timestamptz not null,
      primary key (agency_id, id),
      unique (agency_id, external_id, file_hash),
      unique (agency_id, bulletin_id, revision),
      foreign key (agency_id, file_hash) references blob (agency_id, sha256),
      foreign key (agency_id, bulletin_id, revision)
        references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, entered_by) references person (agency_id, id)
    );

    -- 纸质审签 as the office system tells it; names as on the sheet
    create table office_approval (
      agency_id integer not null,
      office_document_id bigint not null,
      reviewer text not null check (reviewer <> ''),
      opinion text not null
        check (opinion in ('public', 'public-after-cuts', 'on-application', 'withheld', 'referred')),
      reviewed_on date not null,
      signer text not null check (signer <> ''),
      signed_on date not null,
      -- SHA-256 of the file the sheet speaks of
      file_hash bytea not null check (length(file_hash) = 32),
      attachment_hashes text[] not null default '{}',
      -- the scanned sheet, kept as a blob
      sheet_hash bytea not null,
      primary key (agency_id, office_document_id),
      check (signed_on >= reviewed_on),
      foreign key (agency_id, office_document_id) references office_document (agency_id, id),
      foreign key (agency_id, sheet_hash) references blob (agency_id, sha256)
    );

    create table office_approval_use (
      agency_id integer not null,
      office_document_id bigint not null,
      signature_id bigint not null,
      confirmed_by bigint not null,
      at timestamptz not null,
      primary key (agency_id, office_document_id),
      unique (agency_id, signature_id),
      foreign key (agency_id, office_document_id)
        references office_approval (agency_id, office_document_id),
      foreign key (agency_id, signature_id) references signature (agency_id, id),
      foreign key (agency_id, confirmed_by) references person (agency_id, id)
    );

    create function law_of_office_document() returns trigger language plpgsql as $$
    begin
      if new.revision_hash is distinct from (select r.hash from revision r
          where r.agency_id = new.agency_id and r.bulletin_id = new.bulletin_id
          and r.number = new.revision) then
        raise exception 'duoling: the document became another text' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_office_document before insert on office_document
      for each row execute function law_of_office_document();

    create function law_of_office_approval_use() returns trigger language plpgsql as $$
    declare arrived office_document%rowtype;
    begin
      select * into arrived from office_document d
        where d.agency_id = new.agency_id and d.id = new.office_document_id;
      if arrived.entered_by = new.confirmed_by then
        raise exception 'duoling: confirmer-is-enterer' using errcode = 'check_violation';
      end if;
      if not exists (select 1 from office_approval a where a.agency_id = new.agency_id
            and a.office_document_id = arrived.id and a.file_hash = arrived.file_hash
            and a.opinion = 'public')
          or not exists (select 1 from signature s join office_approval a
            on a.agency_id = s.agency_id and a.sheet_hash = s.sheet_hash
            where s.agency_id = new.agency_id and s.id = new.signature_id and s.clearance = 'paper'
            and a.office_document_id = arrived.id and s.bulletin_id = arrived.bulletin_id
            and s.hash = arrived.revision_hash and s.entered_by = arrived.entered_by
            and s.confirmed_by = new.confirmed_by) then
        raise exception 'duoling: approval-differs' using errcode = 'check_violation';
      end if;
      return new;
    end $$;
    create trigger law_of_office_approval_use before insert on office_approval_use
      for each row execute function law_of_office_approval_use();

    grant select, insert on office_document, office_approval, office_approval_use to duoling_hub;
  `.execute(db)
  for (const table of ['office_document', 'office_approval', 'office_approval_use']) {
    await sql`
      create trigger never_changed before update or delete or truncate on ${sql.table(table)}
        for each statement execute function refuse_change();
    `.execute(db)
  }
}
