/** Compares the log with what the sinks took. Nobody in this run decides to resend an `unsure` and no
 *  channel can look, so a second acceptance of one (dispatch, address) is always a double. */
import { sql } from 'kysely'
import { verifyLog } from '../../src/hub/count.ts'
import { messageIdOf } from '../../src/kit/mail/address.ts'
import type { TestInstallation } from '../support/installation.ts'
import { judgeLeases } from './judge-leases.ts'
import type { WireSink } from './wire-sink.ts'

export interface Evidence {
  readonly gateway: Pick<WireSink, 'accepted' | 'refused' | 'came'>
  readonly leaseMs: number
  /** acceptances by Message-ID and recipient, as the mail simulator counts them */
  readonly mail: ReadonlyMap<string, number>
  /** confirmed dispatches with the reach that was signed */
  readonly confirmed: ReadonlyMap<number, number>
}

export interface Verdict {
  readonly deliveries: number
  readonly dispatches: number
  readonly accepted: number
  readonly lost: number
  readonly doubled: number
  readonly unsure: number
  /** of `unsure`, those a sink did take */
  readonly unsureTaken: number
  /** taken by a sink without a delivery in the log */
  readonly stray: number
  readonly drift: number
  /** batches that came to the gateway after their lease had ended */
  readonly afterLease: number
  /** leases that somebody ended long before their time */
  readonly broken: number
  /** the first few faults in words, without an address */
  readonly faults: readonly string[]
}

export const MAIL_DOMAIN = 'practice.example'
const FAULTS_TOLD_MAX = 20

interface DeliveryRow {
  dispatch_id: number
  address_id: number
  channel_id: string
  state: string
  code: string | null
}

export async function judge(installation: TestInstallation, evidence: Evidence): Promise<Verdict> {
  const { app, agencyId } = installation
  const { gateway } = evidence
  const { rows } = await sql<DeliveryRow>`
    select d.dispatch_id, d.address_id, s.channel_id, d.state, d.code
    from delivery d join dispatch s on s.agency_id = d.agency_id and s.id = d.dispatch_id
    where d.agency_id = ${agencyId}
  `.execute(app.connection.db)
  const mail = byMessageId(evidence.mail)
  const faults: string[] = []
  const sum = { accepted: 0, lost: 0, doubled: 0, unsure: 0, unsureTaken: 0 }
  const known = { wire: 0, mail: 0 }
  for (const row of rows) {
    const key = `${agencyId}.${row.dispatch_id}.${row.address_id}`
    const byMail = row.channel_id === 'email'
    const taken = byMail ? mail.get(messageIdOf(key, MAIL_DOMAIN)) : gateway.accepted.get(key)
    if (taken !== undefined) known[byMail ? 'mail' : 'wire']++
    const refused = gateway.refused.has(key)
    const fault = faultOf(row, taken ?? 0, refused)
    if (row.state === 'accepted') sum.accepted++
    if (row.state === 'unsure') sum.unsure++
    if (row.state === 'unsure' && taken !== undefined) sum.unsureTaken++
    if ((taken ?? 0) > 1) sum.doubled++
    else if (fault !== undefined) sum.lost++
    if (fault !== undefined) faults.push(`${key} (${row.channel_id}) ${fault}`)
  }
  const missing = await missingOf(installation, evidence.confirmed)
  const drift = await verifyLog(app.hub, agencyId)
  faults.push(...missing.faults, ...drift.map((one) => `drift: ${JSON.stringify(one)}`))
  return {
    ...{ deliveries: rows.length, dispatches: missing.dispatches, ...sum },
    lost: sum.lost + missing.deliveries + drift.length,
    stray: gateway.accepted.size - known.wire + (mail.size - known.mail),
    ...(await judgeLeases(app.connection.db, evidence.leaseMs, gateway.came)),
    ...{ drift: drift.length, faults: faults.slice(0, FAULTS_TOLD_MAX) },
  }
}

function faultOf(row: DeliveryRow, taken: number, refused: boolean): string | undefined {
  const { state, code } = row
  if (taken > 1) return `was taken ${taken} times, the log says ${state}`
  if (state === 'accepted') return taken === 1 ? undefined : 'is logged accepted, nobody took it'
  if (state === 'unsure') return undefined
  if (state === 'failed' && taken === 0 && refused) return undefined
  return `ended ${state} (${code ?? 'no code'}), taken ${taken}`
}

function byMessageId(mail: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [line, count] of mail) {
    const messageId = line.slice(0, line.indexOf(' '))
    sums.set(messageId, (sums.get(messageId) ?? 0) + count)
  }
  return sums
}

/** Signed reach against the deliveries there are; a confirmed dispatch the log forgot lost all of it. */
async function missingOf(
  { app, agencyId }: TestInstallation,
  confirmed: ReadonlyMap<number, number>,
): Promise<{ deliveries: number; dispatches: number; faults: readonly string[] }> {
  const { rows } = await sql<{ id: number; reach: number; state: string; written: number }>`
    select s.id, s.reach, s.state, (select count(*) from delivery d
      where d.agency_id = s.agency_id and d.dispatch_id = s.id) as written
    from dispatch s where s.agency_id = ${agencyId}
  `.execute(app.connection.db)
  const faults: string[] = []
  let deliveries = 0
  const onFile = new Map(rows.map((row) => [row.id, row]))
  for (const { id, reach, state, written } of rows) {
    if (written === reach) continue
    deliveries += Math.abs(reach - written)
    faults.push(`dispatch ${id} (${state}) was signed for ${reach}, ${written} were written`)
  }
  for (const [id, reach] of confirmed) {
    if (onFile.has(id)) continue
    deliveries += reach
    faults.push(`dispatch ${id} was confirmed and is not on file`)
  }
  return { deliveries, dispatches: rows.length, faults }
}
