/** The role the hub connects with: it owns nothing, and belongs to the group the migrations grant
 *  to. Also the first look at a server: can it be reached, is it new enough. */
import { Client, DatabaseError } from 'pg'
import { EnvironmentFault, errorCode } from '../kit/environment-fault.ts'
import { HUB_ROLE } from './migrate.ts'

export interface HubLogin {
  readonly login: string
  readonly password: string
}

const SERVER_MAJOR_MIN = 15
const CONNECT_MS_MAX = 10_000

/** Creates or mends the login role and answers the URL the hub connects with.
 *  @throws EnvironmentFault when the server is too old, out of reach or forbids it. */
export async function ensureHubLogin(ownerUrl: string, hubLogin: HubLogin): Promise<string> {
  const url = withLogin(ownerUrl, hubLogin)
  const client = await openOwner(ownerUrl)
  try {
    if (!(await fits(url))) await writeLogin(client, hubLogin)
  } catch (error) {
    throw isForbidden(error) ? forbidden(hubLogin.login, error) : error
  } finally {
    await client.end()
  }
  return url
}

/** Answers the major version.
 *  @throws EnvironmentFault when the server cannot be reached, refuses us or is too old. */
export async function checkServer(ownerUrl: string): Promise<number> {
  const client = await openOwner(ownerUrl)
  try {
    const { rows } = await client.query<{ number: number }>(
      "select current_setting('server_version_num')::int as number",
    )
    return Math.floor((rows[0]?.number ?? 0) / 10_000)
  } finally {
    await client.end()
  }
}

async function openOwner(ownerUrl: string): Promise<Client> {
  const client = new Client({
    connectionString: ownerUrl,
    connectionTimeoutMillis: CONNECT_MS_MAX,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ number: number; version: string }>(
      "select current_setting('server_version_num')::int as number, current_setting('server_version') as version",
    )
    const number = rows[0]?.number ?? 0
    if (number < SERVER_MAJOR_MIN * 10_000) throw tooOld(ownerUrl, rows[0]?.version ?? '')
    return client
  } catch (error) {
    await client.end().catch(() => {})
    throw error instanceof EnvironmentFault ? error : unreachable(ownerUrl, error)
  }
}

/** True when the login works already and belongs to the group; then nothing is written. */
async function fits(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS_MAX })
  client.on('error', () => {})
  try {
    await client.connect()
    const { rows } = await client.query<{ member: boolean }>(
      "select pg_has_role($1, 'usage') as member",
      [HUB_ROLE],
    )
    return rows[0]?.member === true
  } catch (error) {
    // Refused for want of the role, its password or its group; anything else is told by the owner.
    if (error instanceof DatabaseError && /^(28|42704)/.test(error.code ?? '')) return false
    throw error
  } finally {
    await client.end().catch(() => {})
  }
}

/** Two processes may start at once; the advisory lock makes the second one wait and find it done. */
async function writeLogin(client: Client, { login, password }: HubLogin): Promise<void> {
  const role = client.escapeIdentifier(login)
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [login])
    const found = await client.query('select from pg_roles where rolname = $1', [login])
    const verb = found.rowCount === 0 ? 'create' : 'alter'
    await client.query(
      `${verb} role ${role} login nosuperuser nocreatedb nocreaterole inherit password ${client.escapeLiteral(password)}`,
    )
    await client.query(`grant ${client.escapeIdentifier(HUB_ROLE)} to ${role}`)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** The same server and database with another login. Without a host in the URL (a socket), user and
 *  password can only be parameters. */
function withLogin(ownerUrl: string, { login, password }: HubLogin): string {
  const url = new URL(ownerUrl)
  if (url.hostname === '') {
    url.searchParams.set('user', login)
    url.searchParams.set('password', password)
  } else {
    url.username = login
    url.password = password
  }
  return url.href
}

function isForbidden(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '42501'
}

/** What a server that forbids `create role` needs its administrator to do; no password in it. */
export function forbidden(login: string, cause: unknown): EnvironmentFault {
  return new EnvironmentFault(
    {
      what: '数据库服务器不允许 DATABASE_URL 里的用户建立角色',
      where: `角色 ${HUB_ROLE} 和 ${login}`,
      next:
        `请数据库管理员给这个用户 createrole 权限，或由他执行：create role ${HUB_ROLE} nologin; ` +
        `create role ${login} login in role ${HUB_ROLE};，并为后者设置 keys.json 里 hubLogin 的密码`,
    },
    { cause },
  )
}

function tooOld(ownerUrl: string, version: string): EnvironmentFault {
  return new EnvironmentFault({
    what: `数据库服务器是 PostgreSQL ${version}，本程序需要 ${SERVER_MAJOR_MIN} 或更新的版本`,
    where: placeOf(ownerUrl),
    next: '升级服务器，或去掉 DATABASE_URL 使用随附的数据库',
  })
}

const REASONS: Readonly<Record<string, readonly [what: string, next: string]>> = {
  ECONNREFUSED: ['那里没有数据库服务器在听', '启动服务器，检查 DATABASE_URL 的主机和端口'],
  ENOTFOUND: ['找不到数据库服务器的主机名', '检查 DATABASE_URL 的主机名和本机的域名解析'],
  ETIMEDOUT: ['数据库服务器没有应答', '检查网络、防火墙和 DATABASE_URL'],
  '28P01': ['数据库服务器不接受用户名或密码', '检查 DATABASE_URL 里的用户和密码'],
  '28000': [
    '数据库服务器不接受这个用户从本机登录',
    '检查 DATABASE_URL 的用户和服务器的 pg_hba.conf',
  ],
  '3D000': ['服务器上没有这个数据库', '先建立它（createdb），或检查 DATABASE_URL 的末段'],
  '53300': ['数据库服务器的连接已用完', '调高 max_connections，或减少其他程序的连接'],
}

function unreachable(ownerUrl: string, error: unknown): EnvironmentFault {
  const code = errorCode(error) ?? ''
  const timedOut = error instanceof Error && /timeout/i.test(error.message)
  const [what, next] = REASONS[timedOut ? 'ETIMEDOUT' : code] ?? [
    `无法连接数据库服务器（${code || '没有说明原因'}）`,
    '检查 DATABASE_URL 和服务器的日志',
  ]
  return new EnvironmentFault({ what, where: placeOf(ownerUrl), next }, { cause: error })
}

/** Host and database; never the user or the password. */
export function placeOf(ownerUrl: string): string {
  const url = URL.parse(ownerUrl)
  return url === null ? 'DATABASE_URL' : `${url.host}${url.pathname}`
}
