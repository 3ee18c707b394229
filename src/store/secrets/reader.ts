/** Secrets in the clear, in the memory of the process that needs them and nowhere else. They are asked for with
 *  every batch and set a few times a year: a short memory spares the database, and what changed is known in
 *  seconds. It has a connection of its own, because a door asks while it holds one of the others. */
import type { AgencySecrets } from '../../hub/ports/secrets.ts'
import type { SecretKeys } from '../../kit/secret-keys.ts'
import { type Connection, connect } from '../connect.ts'
import { openSecretValue } from './secrets.ts'

const MEMORY_MS = 2_000

export interface SecretReader {
  of(agencyId: number): Promise<AgencySecrets>
  close(): Promise<void>
}

/** A value, or in words why it cannot be read. */
type Opened = { readonly version: number } & (
  | { readonly value: string }
  | { readonly problem: string }
)

interface Memory {
  readonly until: number
  readonly secrets: Promise<ReadonlyMap<string, Known>>
}

interface Known {
  readonly current: Opened | undefined
  readonly former: (Opened & { readonly endsAt: Date }) | undefined
}

export function openSecretReader(
  hubUrl: string,
  keys: SecretKeys,
  clock: { readonly monotonicMs: () => number; readonly now: () => Date },
): SecretReader {
  const connection = connect(hubUrl, { connectionsMax: 1 })
  const memories = new Map<number, Memory>()
  const read = (agencyId: number, before: Promise<ReadonlyMap<string, Known>> | undefined) => {
    const secrets = readSecrets(connection, keys, agencyId, before)
    secrets.catch(() => memories.delete(agencyId))
    const memory = { until: clock.monotonicMs() + MEMORY_MS, secrets }
    memories.set(agencyId, memory)
    return memory
  }
  return {
    async of(agencyId) {
      const memory = memories.get(agencyId)
      const { secrets } =
        memory && memory.until > clock.monotonicMs() ? memory : read(agencyId, memory?.secrets)
      return secretsOf(await secrets, clock.now)
    },
    close: () => connection.close(),
  }
}

function secretsOf(known: ReadonlyMap<string, Known>, now: () => Date): AgencySecrets {
  return {
    value(name) {
      const current = known.get(name)?.current
      if (current === undefined) return undefined
      if ('value' in current) return current.value
      throw new Error(current.problem)
    },
    former(name) {
      const former = known.get(name)?.former
      return former && 'value' in former && former.endsAt > now() ? former.value : undefined
    },
    version(name) {
      const current = known.get(name)?.current
      if (current === undefined) return 0
      // One that could not be read is another once it can.
      return 'value' in current ? current.version : -current.version
    },
  }
}

async function nothing(): Promise<ReadonlyMap<string, Known>> {
  return new Map()
}

async function readSecrets(
  { db }: Connection,
  keys: SecretKeys,
  agencyId: number,
  before: Promise<ReadonlyMap<string, Known>> | undefined,
): Promise<ReadonlyMap<string, Known>> {
  const rows = await db
    .selectFrom('secret')
    .select(['name', 'version', 'key_id as keyId', 'cipher', 'ends_at as endsAt'])
    .where('agency_id', '=', agencyId)
    .where('dropped_at', 'is', null)
    .execute()
  const known = await (before ?? nothing()).catch(nothing)
  const found = new Map<string, Known>()
  for (const row of rows) {
    const opened = await openOne(keys, agencyId, row, known.get(row.name))
    const { current, former } = found.get(row.name) ?? { current: undefined, former: undefined }
    found.set(row.name, {
      current: row.endsAt === null ? opened : current,
      former: row.endsAt === null ? former : { ...opened, endsAt: row.endsAt },
    })
  }
  return found
}

interface Row {
  readonly name: string
  readonly version: number
  readonly keyId: string
  readonly cipher: Buffer | null
}

/** What was opened once stays open: a version never changes, whatever key it is sealed under meanwhile. */
async function openOne(
  keys: SecretKeys,
  agencyId: number,
  { name, version, keyId, cipher }: Row,
  known: Known | undefined,
): Promise<Opened> {
  for (const one of [known?.current, known?.former])
    if (one?.version === version && 'value' in one) return { version, value: one.value }
  try {
    const key = await keys.find(keyId)
    if (!key)
      return {
        version,
        problem: `机密 ${name} 封存时用的密钥 ${keyId} 不在 keys.json 里：恢复或复制来最新的 keys.json，或重新设置：duoling secret set ${name} --as 登录名`,
      }
    return {
      version,
      value: openSecretValue(key, { agencyId, name, version }, cipher ?? Buffer.alloc(0)),
    }
  } catch {
    // What the cipher or the file said is of no use to whoever reads it here.
    return {
      version,
      problem: `机密 ${name} 用 keys.json 里的密钥 ${keyId} 打不开：恢复与这个数据库配套的 keys.json，或重新设置：duoling secret set ${name} --as 登录名`,
    }
  }
}
