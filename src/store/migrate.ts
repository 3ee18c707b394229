/** Brings a database to the newest migration, as its owner; the hub's own role could not. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { connect, type Database } from './connect.ts'

const FOLDER = join(import.meta.dirname, '../../migrations')

/** Group role the hub's login role belongs to; migrations grant to it. */
export const HUB_ROLE = 'duoling_hub'

async function migrationNames(): Promise<readonly string[]> {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.ts')).sort()
  return files.map((name) => name.replace(/\.ts$/, ''))
}

async function migrations(): Promise<Record<string, Migration>> {
  const found: Record<string, Migration> = {}
  for (const name of await migrationNames())
    found[name] = await import(pathToFileURL(join(FOLDER, `${name}.ts`)).href)
  return found
}

/** Migrations of this program that the database has not run. */
export async function missingMigrations(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from kysely_migration`.execute(db)
  const run = new Set(rows.map((row) => row.name))
  return (await migrationNames()).filter((name) => !run.has(name))
}

/** Runs what is missing, up to `last` where it is given, and answers the names that ran.
 *  @throws Error naming the migration that failed; what ran before it stays. */
export async function migrate(ownerUrl: string, last?: string): Promise<string[]> {
  const { db, close } = connect(ownerUrl, { connectionsMax: 2 })
  try {
    await sql`
      do $$ begin
        if not exists (select from pg_roles where rolname = '${sql.raw(HUB_ROLE)}') then
          create role ${sql.raw(HUB_ROLE)} nologin;
        end if;
      exception when duplicate_object or unique_violation then null;
      end $$
    `.execute(db)
    const migrator = new Migrator({ db, provider: { getMigrations: migrations } })
    const { error, results } = await (last === undefined
      ? migrator.migrateToLatest()
      : migrator.migrateTo(last))
    if (error) {
      const failed = results?.find((result) => result.status === 'Error')?.migrationName
      throw new Error(`migration ${failed ?? ''} did not run`, { cause: error })
    }
    return (results ?? []).map((result) => result.migrationName)
  } finally {
    await close()
  }
}
