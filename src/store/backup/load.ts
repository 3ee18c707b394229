/** 恢复: loads a backup into an empty database, row for row, and refuses one that is not what its list says.
 *  Every road and every subscription rests afterwards: what was due at the backup may have left since. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { EnvironmentFault } from '../../kit/environment-fault.ts'
import { migrate } from '../migrate.ts'
import type { BackupManifest, TableCopy } from './manifest.ts'
import { columnList, migrationsRun, tablePlans } from './tables.ts'

/** Why a road rests after a restore; `duoling release` lets it go on. */
export const RESTORED = 'restored-from-backup'

/** The database must have no tables yet.
 *  @throws EnvironmentFault when the backup is damaged, newer than this version, or the database is in use. */
export async function loadBackup(
  ownerUrl: string,
  folder: string,
  manifest: BackupManifest,
): Promise<void> {
  const newest = manifest.migrations.at(-1)
  if (newest === undefined) throw damaged(folder, '没有版本记录')
  // The rows fit the tables of their own time; what is newer runs over them afterwards.
  await migrate(ownerUrl, newest)
  const client = new Client({ connectionString: ownerUrl })
  client.on('error', () => {})
  await client.connect()
  try {
    const here = await migrationsRun(client)
    if (here.join() !== manifest.migrations.join())
      throw new EnvironmentFault({
        what: '这份备份来自更新的版本，当前版本不认识它的表',
        where: folder,
        next: '先升级到做备份时的版本或更新的版本，再恢复',
      })
    await client.query('begin')
    await refuseUsed(client)
    for (const month of manifest.months)
      await client.query('select ensure_delivery_month($1::date)', [month])
    const plans = await tablePlans(client)
    for (const table of manifest.tables) {
      // The list is a file somebody may have written into: only tables that are here are named in SQL.
      const plan = plans.find((one) => one.name === table.name)
      if (!plan || plan.columns.join() !== table.columns.join())
        throw damaged(folder, `清单里的表 ${table.name} 不对`)
      await copyIn(client, table, folder)
    }
    await setSequences(client, manifest)
    await client.query('update road set held_reason = $1 where enabled', [RESTORED])
    await restWebhooks(client, here)
    await client.query('commit')
    await client.query('analyze')
  } finally {
    await client.end()
  }
  await migrate(ownerUrl)
}

/** What was told since the backup would be told again. A backup of an older time knows no word for it. */
async function restWebhooks(client: Client, migrations: readonly string[]): Promise<void> {
  const known = (number: string) => migrations.some((name) => name.startsWith(number))
  if (!known('0020')) return
  await client.query(
    `update webhook set paused_at = clock_timestamp(), pause_reason = $1
     where paused_at is null and removed_at is null`,
    [known('0023') ? 'restored' : 'person'],
  )
}

async function refuseUsed(client: Client): Promise<void> {
  const { rowCount } = await client.query('select from agency limit 1')
  if (rowCount === 0) return
  throw new EnvironmentFault({
    what: '这个数据库里已有单位和数据，不会用备份覆盖',
    next: '恢复到新的数据文件夹（DUOLING_DATA）或新的空数据库',
  })
}

async function copyIn(client: Client, table: TableCopy, folder: string): Promise<void> {
  const { name, columns, file, rows, sha256 } = table
  if (!/^tables\/[A-Za-z_.]+\.copy\.gz$/.test(file)) throw damaged(folder, `文件名 ${file} 不对`)
  // Our own triggers guard the doors; these rows passed them already.
  await client.query(`alter table ${name} disable trigger user`)
  await client.query(`delete from ${name}`)
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  const into = client.query(copyFrom(`copy ${name} (${columnList(columns)}) from stdin`))
  try {
    await pipeline(createReadStream(join(folder, file)), createGunzip(), hashing, into)
  } catch (error) {
    throw damaged(folder, `${file} 读不出来`, error)
  }
  if (hash.digest('hex') !== sha256 || into.rowCount !== rows)
    throw damaged(folder, `${file} 与清单不符`)
  await client.query(`alter table ${name} enable trigger user`)
}

/** Identities go on after the highest one that was loaded. */
async function setSequences(client: Client, { tables }: BackupManifest): Promise<void> {
  for (const { name, columns } of tables) {
    for (const column of columns) {
      const { rows } = await client.query<{ sequence: string | null }>(
        'select pg_get_serial_sequence($1, $2) as sequence',
        [name, column],
      )
      const sequence = rows[0]?.sequence
      if (!sequence) continue
      await client.query(
        `select setval($1, coalesce(max(${columnList([column])}), 0) + 1, false) from ${name}`,
        [sequence],
      )
    }
  }
}

function damaged(folder: string, detail: string, cause?: unknown): EnvironmentFault {
  return new EnvironmentFault(
    {
      what: `备份已损坏，没有恢复任何内容：${detail}`,
      where: folder,
      next: '换一份备份；定期用 duoling restore 文件夹 --verify 演练，可以早发现',
    },
    cause === undefined ? {} : { cause },
  )
}
