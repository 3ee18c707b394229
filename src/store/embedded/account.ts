/** Which user of the machine runs the database. PostgreSQL refuses root, so that root's server runs
 *  as another user, who must be able to reach binaries and cluster. */
import { spawn } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { EnvironmentFault } from '../../kit/environment-fault.ts'

export interface Account {
  readonly uid: number
  readonly gid: number
}

export interface Finished {
  readonly ok: boolean
  /** both outputs, for reading the reason from */
  readonly text: string
}

/** The server is given no variable of ours: `PGOPTIONS` and its like would change it unseen, and its
 *  messages are read in English. The folder at hand may be closed to the other user. */
export const SERVER_ENVIRONMENT = {
  cwd: '/',
  env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
} as const

/** An own user first; `nobody` exists everywhere. */
const CANDIDATES = ['duoling', 'nobody']

/** Undefined for an ordinary user, who runs the server himself. Whoever owns the cluster already
 *  there goes on running it. */
export async function accountFor(cluster: string | undefined): Promise<Account | undefined> {
  const owner = cluster === undefined ? undefined : await stat(cluster)
  if (process.geteuid?.() !== 0) return ordinary(owner?.uid, cluster)
  if (owner !== undefined) {
    if (owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
    throw new EnvironmentFault({
      what: '数据库文件夹的属主是 root，而 PostgreSQL 拒绝以 root 运行',
      where: String(cluster),
      next: `运行 chown -R ${CANDIDATES[1]} '${cluster}'，再启动`,
    })
  }
  for (const name of CANDIDATES) {
    const account = await accountNamed(name)
    if (account) return account
  }
  throw new EnvironmentFault({
    what: '以 root 启动时数据库要由另一个用户运行，但本机没有这样的用户',
    where: CANDIDATES.join('、'),
    next: '建立用户 duoling（useradd --system duoling），或改用普通用户启动',
  })
}

/** @throws EnvironmentFault when the cluster belongs to somebody else. */
function ordinary(owner: number | undefined, cluster: string | undefined): undefined {
  const own = process.geteuid?.()
  if (own === undefined || owner === undefined || owner === own || cluster === undefined) return
  throw new EnvironmentFault({
    what: `数据库属于另一个用户（编号 ${owner}），现在的用户编号是 ${own}`,
    where: cluster,
    next: '用建立它的用户（或 root）启动，或用 DUOLING_DATA 另选数据文件夹',
  })
}

async function accountNamed(name: string): Promise<Account | undefined> {
  const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])])
  if (!uid.ok || !gid.ok) return undefined
  return { uid: Number(uid.text), gid: Number(gid.text) }
}

/** True when the account can enter the folder; asked by trying, so that every kind of rule counts. */
export async function canEnter(account: Account, folder: string): Promise<boolean> {
  return (await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], account)).ok
}

/** Runs a program to its end; one that cannot be started is simply not ok. */
export function run(
  program: string,
  words: readonly string[],
  account?: Account,
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      ...SERVER_ENVIRONMENT,
      ...account,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      text += part
    })
    child.on('error', (error) => resolve({ ok: false, text: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, text: text.trim() }))
  })
}
