/** 处置: what a person decided about deliveries that did not end by themselves, and the indexes by which
 *  whatever is unfinished is found without looking through the log. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table decision (
      agency_id integer not null,
      id bigint generated always as identity,
      dispatch_id bigint not null,
      kind text not null check (kind in
        ('retry-failed', 'other-road', 'skip', 'unsure-sent', 'unsure-resend', 'unsure-left')),
      -- where it goes on, for another road
      road_id text,
      deliveries integer not null check (deliveries >= 0),
      by_id bigint not null,
      reason text not null check (length(reason) between 1 and 500),
      at timestamptz not null,
      primary key (agency_id, id),
      foreign key (agency_id, dispatch_id) references dispatch (agency_id, id),
      foreign key (agency_id, by_id) references person (agency_id, id)
    );
    create index decision_by_dispatch on decision (agency_id, dispatch_id, id);
    create trigger never_changed before update or delete or truncate on decision
      for each statement execute function refuse_change();
    grant select, insert on decision to duoling_hub;

    -- Where something is open: no column of it changes, so that a settle costs nothing more.
    create index tally_open on tally (agency_id, day, channel_id)
      where state in ('held', 'waiting', 'sending', 'awaiting', 'unsure');
    create index dispatch_by_day on dispatch (agency_id, day, channel_id);
    create index dispatch_unfinished on dispatch (agency_id, id) where state in ('held', 'expanding');
    create index submission_by_day on submission (agency_id, due_on);
    create index hand_task_by_dispatch on hand_task (agency_id, dispatch_id) where state = 'open';
  `.execute(db)
}
