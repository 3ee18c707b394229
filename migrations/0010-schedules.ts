/** 定时: which standing broadcasts an agency has switched on, each dated occurrence with what became of it,
 *  the warnings an occurrence may hang on, and what the people on duty must look at. */
import { type Kysely, sql } from 'kysely'

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table schedule (
      agency_id integer not null references agency (id),
      -- the id of a standing broadcast of the product
      id text not null check (id ~ '^[a-z0-9-]{1,60}$'),
      enabled boolean not null,
      -- who drafts what it fires
      author_id bigint not null,
      -- 长期授权: with one it goes out alone
      standing_order_id bigint,
      -- the agency's own hour, channels, audiences, lead and values
      parameters jsonb not null,
      changed_at timestamptz not null,
      changed_by bigint,
      -- the bureau's day of the last expansion; null asks for one
      planned_on date,
      primary key (agency_id, id),
      foreign key (agency_id, author_id) references person (agency_id, id),
      foreign key (agency_id, changed_by) references person (agency_id, id),
      foreign key (agency_id, standing_order_id) references standing_order (agency_id, id)
    );

    create table occurrence (
      agency_id integer not null,
      id bigint generated always as identity,
      schedule_id text not null,
      -- a stable name from the rule: whatever is expanded again meets its own row
      instance text not null check (length(instance) between 3 and 200),
      -- as the rule says, and as it stands
      planned_at timestamptz not null,
      due_at timestamptz not null,
      draft_at timestamptz not null,
      -- 暂定: rests on a holiday notice still to come
      provisional boolean not null,
      state text not null check (state in ('planned', 'drafted', 'escalated', 'alarmed', 'missed',
        'fired', 'skipped', 'cancelled', 'obsolete')),
      state_at timestamptz not null,
      -- when the engine looks at it next; null: nothing happens by itself
      look_at timestamptz,
      asked_at timestamptz,
      -- its draft was checked and submitted as far as the checks allow
      handed_in_at timestamptz,
      bulletin_id bigint,
      confirmed_at timestamptz,
      confirmed_by bigint,
      moved_at timestamptz,
      moved_by bigint,
      primary key (agency_id, id),
      unique (agency_id, instance),
      check (starts_with(instance, schedule_id || '/')),
      check ((confirmed_at is null) = (confirmed_by is null)),
      check ((moved_at is null) = (moved_by is null)),
      check (state not in ('drafted', 'escalated') or bulletin_id is not null),
      check (state not in ('fired', 'skipped', 'cancelled', 'obsolete') or look_at is null),
      foreign key (agency_id, schedule_id) references schedule (agency_id, id),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, confirmed_by) references person (agency_id, id),
      foreign key (agency_id, moved_by) references person (agency_id, id)
    );
    create index occurrence_by_time on occurrence (agency_id, due_at);
    create index occurrence_to_look_at on occurrence (look_at) where look_at is not null;
    create index occurrence_awaiting_signature on occurrence (agency_id, bulletin_id)
      where state in ('drafted', 'escalated', 'alarmed');

    -- What happened to an occurrence, who did it and why.
    create table occurrence_event (
      agency_id integer not null,
      id bigint generated always as identity,
      occurrence_id bigint not null,
      what text not null check (what ~ '^[a-z-]{1,40}$'),
      at timestamptz not null,
      -- null: the engine
      actor_id bigint,
      reason text not null check (length(reason) <= 500),
      -- where the step left it
      state text not null,
      due_at timestamptz not null,
      primary key (agency_id, id),
      foreign key (agency_id, occurrence_id) references occurrence (agency_id, id),
      foreign key (agency_id, actor_id) references person (agency_id, id)
    );
    create index occurrence_event_by_occurrence on occurrence_event (agency_id, occurrence_id);

    -- 值班提醒: once for each reason and time of an occurrence
    create table occurrence_alarm (
      agency_id integer not null,
      id bigint generated always as identity,
      occurrence_id bigint not null,
      kind text not null check (kind in ('unsigned-soon', 'unsigned', 'late', 'missed', 'unconfirmed',
        'order-refused', 'no-draft', 'fault')),
      detail text not null check (length(detail) <= 500),
      due_at timestamptz not null,
      at timestamptz not null,
      acknowledged_at timestamptz,
      acknowledged_by bigint,
      primary key (agency_id, id),
      unique (agency_id, occurrence_id, kind, due_at),
      check ((acknowledged_at is null) = (acknowledged_by is null)),
      foreign key (agency_id, occurrence_id) references occurrence (agency_id, id),
      foreign key (agency_id, acknowledged_by) references person (agency_id, id)
    );
    create index occurrence_alarm_open on occurrence_alarm (agency_id, at)
      where acknowledged_at is null;

    -- 生效中的预警: what "every N hours while it is in force" hangs on
    create table warning_in_force (
      agency_id integer not null,
      bulletin_id bigint not null,
      hazard text not null check (length(hazard) between 1 and 40),
      from_at timestamptz not null,
      until_at timestamptz not null,
      linked_by bigint not null,
      lifted_at timestamptz,
      lifted_by bigint,
      primary key (agency_id, bulletin_id),
      check (until_at > from_at),
      check ((lifted_at is null) = (lifted_by is null)),
      foreign key (agency_id, bulletin_id) references bulletin (agency_id, id),
      foreign key (agency_id, linked_by) references person (agency_id, id),
      foreign key (agency_id, lifted_by) references person (agency_id, id)
    );
    create index warning_in_force_by_end on warning_in_force (agency_id, until_at);

    create trigger never_changed before update or delete or truncate on occurrence_event
      for each statement execute function refuse_change();

    grant select, insert, update on schedule, occurrence, occurrence_alarm, warning_in_force
      to duoling_hub;
    grant select, insert on occurrence_event to duoling_hub;
  `.execute(db)
}
