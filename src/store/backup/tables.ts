/** What a backup holds: every table of ours with its stored columns, parents before children. Queue jobs are
 *  hints and stay out; the sweeper makes them anew. */
import type { ClientBase } from 'pg'

export interface TablePlan {
  /** `schema.table`, quoted where needed */
  readonly name: string
  readonly columns: readonly string[]
}

/** Filled by its default at the restore: another cluster's transaction numbers mean nothing here. */
const LEFT_OUT: ReadonlySet<string> = new Set(['public.audit.transaction'])

/** @throws Error when tables point at each other in a circle, which no order of loading can serve. */
export async function tablePlans(client: ClientBase): Promise<readonly TablePlan[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; parents: string[] }>(`
    select format('%I.%I', n.nspname, t.relname) as name,
      array(select a.attname::text from pg_attribute a
        where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by a.attnum) as columns,
      array(select distinct format('%I.%I', pn.nspname, p.relname) from pg_constraint c
          join pg_class p on p.oid = c.confrelid join pg_namespace pn on pn.oid = p.relnamespace
        where c.conrelid = t.oid and c.contype = 'f' and c.confrelid <> t.oid) as parents
    from pg_class t join pg_namespace n on n.oid = t.relnamespace
    where n.nspname in ('public', 'auth') and t.relkind in ('r', 'p') and not t.relispartition
      and t.relname not like 'kysely%'
    order by 1`)
  const plans: TablePlan[] = []
  const placed = new Set<string>()
  let left = rows
  while (left.length > 0) {
    const ready = left.filter((row) => row.parents.every((parent) => placed.has(parent)))
    if (ready.length === 0)
      throw new Error(`tables in a circle: ${left.map((row) => row.name).join(', ')}`)
    for (const { name, columns } of ready) {
      placed.add(name)
      plans.push({ name, columns: columns.filter((column) => !LEFT_OUT.has(`${name}.${column}`)) })
    }
    left = left.filter((row) => !placed.has(row.name))
  }
  return plans
}

export function columnList(columns: readonly string[]): string {
  return columns.map((column) => `"${column.replaceAll('"', '""')}"`).join(', ')
}

/** Names of the migrations that ran, oldest first. */
export async function migrationsRun(client: ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    'select name from kysely_migration order by timestamp, name',
  )
  return rows.map((row) => row.name)
}
