/** PostgreSQL's own data folder: made once, UTF-8, with passwords and checksums; refused when it was
 *  made by another major version. */
import { readFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { EnvironmentFault, fileFault } from '../../kit/environment-fault.ts'
import { type Account, run } from './account.ts'
import type { Binaries } from './binaries.ts'

export const OWNER_ROLE = 'duoling'

/** A new cluster takes 40 MB; the rest is for the first logs of changes. */
const FREE_BYTES_MIN = 200_000_000

/** Some systems lack the first one in their C library; the database's own provider has it anyway. */
const SYSTEM_LOCALES = ['C.UTF-8', 'C']

export async function createCluster(
  binaries: Binaries,
  account: Account | undefined,
  cluster: string,
  passwordFile: string,
): Promise<void> {
  await refuseFullDisk(cluster)
  let reason = ''
  for (const locale of SYSTEM_LOCALES) {
    const words = [
      `--pgdata=${cluster}`,
      `--username=${OWNER_ROLE}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--data-checksums',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      `--locale=${locale}`,
    ]
    const { ok, text } = await run(binaries.initdb, words, account)
    if (ok) return
    reason = text
    if (!/invalid locale|locale name/.test(text)) break
  }
  const noSpace = /No space left|Disk quota/.exec(reason)
  throw new EnvironmentFault({
    what: noSpace ? '磁盘没有剩余空间，数据库没有建成' : `数据库没有建成：${lastLine(reason)}`,
    where: cluster,
    next: noSpace
      ? '清出空间后重新启动'
      : '检查该位置的磁盘和权限，或用 DUOLING_DATA 另选数据文件夹',
  })
}

export async function refuseFullDisk(
  folder: string,
  bytesMin: number = FREE_BYTES_MIN,
): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch((error: unknown) => {
    throw fileFault(error, folder)
  })
  const free = bavail * bsize
  if (free >= bytesMin) return
  const megabytes = (bytes: number) => Math.floor(bytes / 1_000_000)
  throw new EnvironmentFault({
    what: `磁盘只剩 ${megabytes(free)} MB，建立数据库至少要 ${megabytes(bytesMin)} MB`,
    where: folder,
    next: '清出空间，或用 DUOLING_DATA 把数据文件夹放到另一块磁盘，再启动',
  })
}

/** The reason stands on the line that says so; the last line is advice about removing files. */
function lastLine(text: string): string {
  const lines = text.split('\n')
  return (lines.find((line) => /error|FATAL/i.test(line)) ?? lines.at(-1) ?? '').slice(0, 300)
}

export async function refuseOtherMajor(cluster: string, major: number): Promise<void> {
  const found = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch((error: unknown) => {
    throw fileFault(error, join(cluster, 'PG_VERSION'))
  })
  if (found.trim() === String(major)) return
  const shown = /^\d{1,2}(\.\d)?$/.test(found.trim()) ? found.trim() : '未知版本'
  throw new EnvironmentFault({
    what: `这个数据库由 PostgreSQL ${shown} 建立，本程序随附的是 ${major}，不能直接打开`,
    where: cluster,
    next: `用原来的版本启动并以 pg_dump 导出，再导入新的数据文件夹；或用 DATABASE_URL 指向 PostgreSQL ${shown} 的服务器`,
  })
}
