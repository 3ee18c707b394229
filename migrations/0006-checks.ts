/** Checks: runs over a revision and their answers, prints of texts to find copies, and the agency's own
 *  words. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table dictionary_word (
      agency_id integer not null references agency (id),
      id bigint generated always as identity,
      word text not null check (length(word) between 2 and 60),
      kind text not null check (kind in ('secrecy', 'sensitive', 'wrong', 'organisation', 'health')),
      severity text not null check (severity in ('stop', 'ask', 'hint')),
      instead text,
      why text not null,
      unless text[] not null default '{}',
      since date,
      added_by bigint not null,
      added_at timestamptz not null,
      retired_by bigint,
      retired_at timestamptz,
      primary key (agency_id, id),
      check ((retired_by is null) = (retired_at is null)),
      foreign key (agency_id, added_by) references person (agency_id, id),
      foreign key (agency_id, retired_by) references person (agency_id, id)
    );
    create unique index dictionary_word_in_force on dictionary_word (agency_id, word)
      where retired_at is null;

    create table check_run (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      revision integer not null,
      hash bytea not null,
      dictionary_version text not null,
      at timestamptz not null,
      -- who asked for it; the run after an edit belongs to nobody
      checked_by bigint,
      stops integer not null,
      asks integer not null,
      hints integer not null,
      -- keyed marks, so that a door counts answers without opening a body
      ask_keys text[] not null,
      -- the sealed list of findings
      findings_hash bytea not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id, revision) references revision (agency_id, bulletin_id, number),
      foreign key (agency_id, bulletin_id, findings_hash) references body (agency_id, bulletin_id, hash),
      foreign key (agency_id, checked_by) references person (agency_id, id)
    );
    create index check_run_by_text on check_run (agency_id, bulletin_id, hash, id desc);

    create table check_answer (
      agency_id integer not null,
      id bigint generated always as identity,
      bulletin_id bigint not null,
      run_id bigint not null,
      finding_key text not null,
      answer text not null check (answer <> ''),
      answered_by bigint not null,
      at timestamptz not null,
      primary key (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, run_id) references check_run (agency_id, id),
      foreign key (agency_id, answered_by) references person (agency_id, id)
    );
    create index check_answer_by_bulletin on check_answer (agency_id, bulletin_id, finding_key, id desc);

    -- Keyed sketches: they tell how much two texts share and say nothing without the key.
    create table text_print (
      agency_id integer not null,
      bulletin_id bigint not null,
      revision integer not null,
      title_mark bytea not null,
      shingles integer not null,
      sketch integer[] not null,
      at timestamptz not null,
      primary key (agency_id, bulletin_id, revision),
      foreign key (agency_id, bulletin_id, revision) references revision (agency_id, bulletin_id, number)
    );
    create index text_print_by_time on text_print (agency_id, at);

    grant select, insert on dictionary_word, check_run, check_answer, text_print to duoling_hub;
    grant update on dictionary_word to duoling_hub;
  `.execute(db)
  for (const table of ['check_run', 'check_answer', 'text_print']) {
    await sql`
      create trigger never_changed before update or delete or truncate on ${sql.table(table)}
        for each statement execute function refuse_change();
    `.execute(db)
  }
}
