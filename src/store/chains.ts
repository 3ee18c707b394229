/** Chains, deputies, plans, submissions and referrals, as the doors ask for them. */
import { type SqlBool, sql } from 'kysely'
import type { ChainPort } from '../hub/ports/chains.ts'
import { fromHex } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'

export function chainPort(tx: Transacting, agencyId: number): ChainPort {
  return {
    ...rulePort(tx, agencyId),
    ...submissionPort(tx, agencyId),
    ...referralPort(tx, agencyId),
    ...deputyPort(tx, agencyId),
  }
}

function rulePort(
  tx: Transacting,
  agencyId: number,
): Pick<ChainPort, 'chainRules' | 'setChainRule'> {
  return {
    async chainRules() {
      const rows = await tx
        .selectFrom('chain_rule')
        .select(['category_id', 'channel_id', 'urgency', 'steps'])
        .where('agency_id', '=', agencyId)
        .orderBy('id')
        .execute()
      return rows.map(({ category_id, channel_id, urgency, steps }) => ({
        steps,
        ...(category_id === null ? {} : { categoryId: category_id }),
        ...(channel_id === null ? {} : { channelId: channel_id }),
        ...(urgency === null ? {} : { urgency }),
      }))
    },
    async setChainRule({ categoryId, channelId, urgency, steps }) {
      const place = {
        agency_id: agencyId,
        category_id: categoryId ?? null,
        channel_id: channelId ?? null,
        urgency: urgency ?? null,
      }
      if (steps.length === 0) {
        await tx
          .deleteFrom('chain_rule')
          .where('agency_id', '=', agencyId)
          .where('category_id', 'is not distinct from', place.category_id)
          .where('channel_id', 'is not distinct from', place.channel_id)
          .where('urgency', 'is not distinct from', place.urgency)
          .execute()
        return
      }
      await tx
        .insertInto('chain_rule')
        .values({ ...place, steps: JSON.stringify(steps) })
        .onConflict((conflict) =>
          conflict
            .columns(['agency_id', 'category_id', 'channel_id', 'urgency'])
            .doUpdateSet({ steps: JSON.stringify(steps) }),
        )
        .execute()
    },
  }
}

function submissionPort(
  tx: Transacting,
  agencyId: number,
): Pick<ChainPort, 'addPlan' | 'latestPlan' | 'addSubmission' | 'submissions'> {
  return {
    async addPlan({ bulletinId, orders, by, at }) {
      await tx
        .insertInto('plan')
        .values({ agency_id: agencyId, bulletin_id: bulletinId, orders, by_id: by, at })
        .execute()
    },
    async latestPlan(bulletinId) {
      const row = await tx
        .selectFrom('plan')
        .select('orders')
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .orderBy('id', 'desc')
        .executeTakeFirst()
      return row?.orders
    },
    async addSubmission({ bulletinId, revision, hash, submittedBy, at, dueOn }) {
      await tx
        .insertInto('submission')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, revision, at, due_on: dueOn },
          hash: fromHex(hash),
          submitted_by: submittedBy,
        })
        .execute()
    },
    async submissions(bulletinId) {
      const rows = await tx
        .selectFrom('submission')
        .select(['revision', 'hash', 'submitted_by as submittedBy', 'at', 'due_on as dueOn'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .orderBy('id', 'desc')
        .execute()
      return rows.map((row) => ({ ...row, hash: row.hash.toString('hex') }))
    },
  }
}

type ReferralPart = Pick<
  ChainPort,
  'addReferral' | 'referrals' | 'openReferrals' | 'referralBulletin' | 'answerReferral'
>

const REFERRAL = [
  ...(['referral.id', 'referral.bulletin_id as bulletinId', 'referral.hash'] as const),
  ...(['referral.authority', 'referral.at', 'referral.due_on as dueOn'] as const),
  'referral.answer',
] as const

function referralPort(tx: Transacting, agencyId: number): ReferralPart {
  return {
    async addReferral({ bulletinId, revision, hash, authority, referredBy, at, dueOn }) {
      const { id } = await tx
        .insertInto('referral')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, revision, authority, at },
          ...{ hash: fromHex(hash), referred_by: referredBy, due_on: dueOn },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async referrals(bulletinId) {
      const rows = await tx
        .selectFrom('referral')
        .select(REFERRAL)
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .orderBy('id', 'desc')
        .execute()
      return rows.map(asReferral)
    },
    async openReferrals() {
      const rows = await tx
        .selectFrom('referral')
        .innerJoin('bulletin', (join) =>
          join
            .onRef('bulletin.agency_id', '=', 'referral.agency_id')
            .onRef('bulletin.id', '=', 'referral.bulletin_id'),
        )
        .select(REFERRAL)
        .select('bulletin.title')
        .where('referral.agency_id', '=', agencyId)
        .where('referral.answer', 'is', null)
        .orderBy('referral.due_on')
        .execute()
      return rows.map((row) => ({ ...asReferral(row), title: row.title }))
    },
    async referralBulletin(referralId) {
      const row = await tx
        .selectFrom('referral')
        .select('bulletin_id')
        .where('agency_id', '=', agencyId)
        .where('id', '=', referralId)
        .executeTakeFirst()
      return row?.bulletin_id
    },
    async answerReferral({ referralId, answer, note, by, at }) {
      const result = await tx
        .updateTable('referral')
        .set({ answer, answer_note: note, answered_by: by, answered_at: at })
        .where('agency_id', '=', agencyId)
        .where('id', '=', referralId)
        .where('answer', 'is', null)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
  }
}

function asReferral(row: {
  readonly id: number
  readonly bulletinId: number
  readonly hash: Buffer
  readonly authority: string
  readonly at: Date
  readonly dueOn: string
  readonly answer: 'public' | 'on-application' | 'withheld' | 'taken-back' | null
}) {
  const { id, bulletinId, authority, at, dueOn, answer } = row
  const hash = row.hash.toString('hex')
  return { id, bulletinId, hash, authority, at, dueOn, ...(answer === null ? {} : { answer }) }
}

function deputyPort(
  tx: Transacting,
  agencyId: number,
): Pick<ChainPort, 'appointDeputy' | 'revokeDeputy' | 'deputies'> {
  return {
    async appointDeputy(deputy) {
      const { id } = await tx
        .insertInto('deputy')
        .values({
          ...{ agency_id: agencyId, person_id: deputy.personId, deputy_id: deputy.deputyId },
          ...{ role: deputy.role, from_on: deputy.fromOn, to_on: deputy.toOn },
          ...{ reason: deputy.reason, appointed_by: deputy.appointedBy, at: deputy.at },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async revokeDeputy(deputyId, by, at) {
      const result = await tx
        .updateTable('deputy')
        .set({ revoked_at: at, revoked_by: by })
        .where('agency_id', '=', agencyId)
        .where('id', '=', deputyId)
        .where('revoked_at', 'is', null)
        .executeTakeFirst()
      return result.numUpdatedRows > 0n
    },
    deputies: (day) =>
      tx
        .selectFrom('deputy')
        .innerJoin('person as away', (join) =>
          join
            .onRef('away.agency_id', '=', 'deputy.agency_id')
            .onRef('away.id', '=', 'deputy.person_id'),
        )
        .innerJoin('person as acting', (join) =>
          join
            .onRef('acting.agency_id', '=', 'deputy.agency_id')
            .onRef('acting.id', '=', 'deputy.deputy_id'),
        )
        .select(['deputy.id', 'deputy.person_id as personId', 'away.name as personName'])
        .select(['deputy.deputy_id as deputyId', 'acting.name as deputyName', 'deputy.role'])
        .select(['deputy.from_on as fromOn', 'deputy.to_on as toOn'])
        .where('deputy.agency_id', '=', agencyId)
        .where('deputy.revoked_at', 'is', null)
        .where('deputy.to_on', '>=', day)
        .orderBy('deputy.from_on')
        .execute(),
  }
}

/** Roles somebody holds on `day` because another person is away; who lent them must hold them still. */
export async function rolesInPlaceOf(tx: Transacting, agencyId: number, id: number, day: string) {
  return tx
    .selectFrom('deputy')
    .innerJoin('person', (join) =>
      join
        .onRef('person.agency_id', '=', 'deputy.agency_id')
        .onRef('person.id', '=', 'deputy.person_id'),
    )
    .select(['deputy.person_id as personId', 'deputy.role'])
    .where('deputy.agency_id', '=', agencyId)
    .where('deputy.deputy_id', '=', id)
    .where('deputy.revoked_at', 'is', null)
    .where('deputy.from_on', '<=', day)
    .where('deputy.to_on', '>=', day)
    .where(sql<SqlBool>`deputy.role = any(person.roles)`)
    .where(sql<SqlBool>`(person.in_office_to is null or person.in_office_to >= ${day}::date)`)
    .execute()
}
