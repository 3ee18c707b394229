/** What waits for a person: reviews, referrals and signatures past their day, occurrences, reviews owed after
 *  the fact, receipts that name nothing, approvals nobody used, and subscribers that are not told. Whatever was stopped waits for nobody. */
import { type RawBuilder, sql } from 'kysely'
import type { AttentionPort, OpenPaper } from '../../hub/ports/attention.ts'
import type { Database } from '../connect.ts'

type Ask = Parameters<AttentionPort['openPapers']>[0]

export async function openPapers(db: Database, ask: Ask): Promise<readonly OpenPaper[]> {
  const parts = [
    submissions,
    referrals,
    occurrences,
    afterReviews,
    receipts,
    approvals,
    givenUp,
    paused,
  ]
  const { rows } = await sql<OpenPaper>`
    ${sql.join(
      parts.map((part) => part(ask)),
      sql` union all `,
    )}
    order by since
  `.execute(db)
  return rows
}

/** The newest text was handed in, and by its day is neither decided nor signed. */
const submissions = ({ agencyId, today }: Ask): RawBuilder<unknown> => sql`
  select case when exists (select 1 from review v where v.agency_id = s.agency_id
        and v.bulletin_id = s.bulletin_id and v.hash = s.hash and v.step = 'secrecy-review'
        and v.opinion in ('public', 'public-after-cuts'))
      then 'signature-overdue' else 'review-overdue' end as reason,
    s.bulletin_id as "bulletinId", b.title, null::text as "channelId", null::text as "roadId",
    s.id as "subjectId", null::text as state, s.due_on::text as detail, 1 as count, s.at as since
  from submission s
    join bulletin b on b.agency_id = s.agency_id and b.id = s.bulletin_id
    join lateral (select r.number, r.hash from revision r where r.agency_id = ${agencyId}
      and r.bulletin_id = s.bulletin_id order by r.number desc limit 1) last on last.hash = s.hash
  where s.agency_id = ${agencyId} and s.due_on < ${today}::date and b.stopped_at is null
    and not exists (select 1 from submission n where n.agency_id = s.agency_id
      and n.bulletin_id = s.bulletin_id and n.hash = s.hash and n.id > s.id)
    and not exists (select 1 from signature g where g.agency_id = s.agency_id
      and g.bulletin_id = s.bulletin_id and g.revision = last.number)
    and not exists (select 1 from return_note n where n.agency_id = s.agency_id
      and n.bulletin_id = s.bulletin_id and n.revision = last.number)
    and not exists (select 1 from referral f where f.agency_id = s.agency_id
      and f.bulletin_id = s.bulletin_id and f.answer is null)
    and coalesce((select v.opinion from review v where v.agency_id = s.agency_id
        and v.bulletin_id = s.bulletin_id and v.hash = s.hash and v.step = 'secrecy-review'
        order by v.id desc limit 1), 'public') not in ('on-application', 'withheld')`

const referrals = ({ agencyId, today }: Ask): RawBuilder<unknown> => sql`
  select 'referral-overdue' as reason, f.bulletin_id, b.title, null, null, f.id, null,
    f.authority || ' ' || f.due_on, 1, f.at
  from referral f join bulletin b on b.agency_id = f.agency_id and b.id = f.bulletin_id
  where f.agency_id = ${agencyId} and f.answer is null and f.due_on < ${today}::date`

/** One line an occurrence: its newest alarm nobody has read, or that its time is over. */
const occurrences = ({ agencyId, graceUntil }: Ask): RawBuilder<unknown> => sql`
  select case when a.id is null then 'occurrence-overdue' else 'occurrence-alarm' end,
    o.bulletin_id, o.instance, null, null, coalesce(a.id, o.id), o.state, a.kind, 1, o.due_at
  from occurrence o left join lateral (
    select m.id, m.kind from occurrence_alarm m where m.agency_id = ${agencyId}
      and m.occurrence_id = o.id and m.acknowledged_at is null order by m.id desc limit 1) a on true
  where o.agency_id = ${agencyId}
    and o.state in ('planned', 'drafted', 'escalated', 'alarmed', 'missed')
    and (a.id is not null or o.due_at <= ${graceUntil}::timestamptz)`

const afterReviews = ({ agencyId, at }: Ask): RawBuilder<unknown> => sql`
  select 'after-review-overdue', w.bulletin_id, b.title, null, null, null, null, null, 1, w.due_at
  from after_review w join bulletin b on b.agency_id = w.agency_id and b.id = w.bulletin_id
  where w.agency_id = ${agencyId} and w.due_at <= ${at}::timestamptz
    and coalesce((select p.opinion from after_review_opinion p where p.agency_id = w.agency_id
      and p.bulletin_id = w.bulletin_id order by p.id desc limit 1), 'referred') = 'referred'`

const receipts = ({ agencyId, receiptsFrom }: Ask): RawBuilder<unknown> => sql`
  select 'unknown-receipts', null, null, q.channel_id, q.road_id, null, null, null, count(*)::int,
    min(q.recorded_at)
  from receipt q
  where q.agency_id = ${agencyId} and q.dispatch_id is null
    and q.recorded_at >= ${receiptsFrom}::timestamptz
  group by q.channel_id, q.road_id`

/** A line a subscription; a test that was given up is no event anybody misses. */
const givenUp = ({ agencyId }: Ask): RawBuilder<unknown> => sql`
  select 'webhook-given-up', null, w.name, null, null, w.id, 'given-up', max(v.fault), count(*)::int,
    min(coalesce(v.first_at, v.next_at))
  from webhook w join webhook_delivery v on v.agency_id = w.agency_id and v.webhook_id = w.id
      and v.state = 'given-up'
    join webhook_event e on e.agency_id = v.agency_id and e.id = v.event_id and e.kind <> 'ping'
  where w.agency_id = ${agencyId} and w.removed_at is null
  group by w.id, w.name`

/** Whoever paused it knows; what a restore or the receiver itself paused waits for somebody. */
const paused = ({ agencyId }: Ask): RawBuilder<unknown> => sql`
  select 'webhook-paused', null, w.name, null, null, w.id, 'paused', w.pause_reason,
    (select count(*)::int from webhook_delivery v where v.agency_id = w.agency_id
      and v.webhook_id = w.id and v.state = 'waiting'), w.paused_at
  from webhook w
  where w.agency_id = ${agencyId} and w.removed_at is null and w.pause_reason in ('gone', 'restored')`

/** The document became a draft, its sheet came along, and nobody signed in either way. */
const approvals = ({ agencyId, graceUntil }: Ask): RawBuilder<unknown> => sql`
  select 'approval-unmatched', f.bulletin_id, b.title, null, null, f.id, null, f.document_number, 1,
    f.at
  from office_approval p
    join office_document f on f.agency_id = p.agency_id and f.id = p.office_document_id
    join bulletin b on b.agency_id = f.agency_id and b.id = f.bulletin_id
  where p.agency_id = ${agencyId} and f.at <= ${graceUntil}::timestamptz and b.stopped_at is null
    and not exists (select 1 from office_approval_use u where u.agency_id = p.agency_id
      and u.office_document_id = p.office_document_id)
    and not exists (select 1 from signature g where g.agency_id = f.agency_id
      and g.bulletin_id = f.bulletin_id)`
