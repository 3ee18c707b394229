/** Files only their owner may read, written whole or not at all; none is overwritten but by `replacePrivateFile`. */
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { EnvironmentFault, errorCode, fileFault } from './environment-fault.ts'

/** Others may pass through a folder of root's, but not list it: the database runs as another user. */
const modeOfFolder = () => (process.geteuid?.() === 0 ? 0o711 : 0o700)

/** Makes the folder and its parents where they are missing; an existing folder keeps its mode.
 *  @throws EnvironmentFault when it cannot be made or written. */
export async function ensureFolder(path: string): Promise<void> {
  const probe = `${path}/.write-${randomBytes(6).toString('hex')}`
  try {
    // The process's own mask must not close the folder to the database's user.
    if (await makeFolder(path)) await chmod(path, modeOfFolder())
    await (await open(probe, 'wx', 0o600)).close()
    await rm(probe)
  } catch (error) {
    throw fileFault(error, path)
  }
}

/** Answers whether it was missing. Step by step, because Node's own recursive call never ends where an
 *  existing parent answers that it does not exist, as /proc does. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path)
    return true
  } catch (error) {
    const there = await stat(path).catch(() => undefined)
    if (there?.isDirectory()) return false
    const parent = dirname(path)
    if (errorCode(error) !== 'ENOENT' || parent === path) throw error
    await makeFolder(parent)
    return await mkdir(path).then(
      () => true,
      (again: unknown) => {
        // Another process made it meanwhile; whatever else is wrong stays wrong.
        if (errorCode(again) !== 'EEXIST') throw again
        return false
      },
    )
  }
}

/** Answers false, and leaves everything as it was, when the file already exists. */
export async function createPrivateFile(path: string, text: string): Promise<boolean> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    // A link, unlike a rename, never replaces what another process wrote a moment ago.
    await link(draft, path)
    await syncFolder(dirname(path))
    return true
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false
    throw fileFault(error, path)
  } finally {
    await rm(draft, { force: true })
  }
}

/** The file as a whole gives way to the new text, or stays as it was; its owner stays the same. Two who do so at
 *  once are the caller's to keep apart.
 *  @throws EnvironmentFault when it cannot be written, or not in its owner's name */
export async function replacePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const { uid, gid } = await stat(path)
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      // Whoever runs the service must go on reading it, though root turned the key.
      if (process.platform !== 'win32' && uid !== process.geteuid?.()) await file.chown(uid, gid)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
    await syncFolder(dirname(path))
  } catch (error) {
    throw fileFault(error, path)
  } finally {
    await rm(draft, { force: true })
  }
}

/** Undefined when there is no such file.
 *  @throws EnvironmentFault when it cannot be read, or when others could read it. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new EnvironmentFault({
        what: `这个文件只应由属主读写，现在其他用户也能读写（权限 ${(mode & 0o777).toString(8)}）`,
        where: path,
        next: `查明谁可能读过它，然后运行 chmod 600 '${path}'`,
      })
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = errorCode(error)
    if (code === 'ENOENT') return undefined
    if (code !== 'EACCES' && code !== 'EPERM') throw fileFault(error, path)
    const next = '用启动过它的那个用户运行，或把数据文件夹的属主改为现在的用户'
    throw new EnvironmentFault({ what: '没有权限读这个文件', where: path, next }, { cause: error })
  }
}

/** A name is durable only once its folder is; Windows cannot open a folder and needs no such call. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
