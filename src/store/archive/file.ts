/** The archive's file: lines of JSON, packed, with a first line that says what it is and a last one that says
 *  what must be in it. It is written beside its name, brought to the disk, and only then given its name. */
import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { ClientBase } from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import { EnvironmentFault, errorCode } from '../../kit/environment-fault.ts'
import { ARCHIVED_TABLES, type ArchivedCount, lineDigest, linesOf, type TableSum } from './lines.ts'

const FORMAT = 'duoling-archive-1'
const NAME_DIGITS = 12

export interface ArchiveFile {
  /** first day, YYYY-MM-DD */
  readonly month: string
  /** of its lines before the last, lower-case hex */
  readonly sha256: string
  readonly sums: Readonly<Record<string, TableSum>>
  readonly counts: readonly ArchivedCount[]
}

/** Answers the path. The same rows give the same name, so that nothing is ever written over.
 *  @throws EnvironmentFault when the folder cannot take it. */
export async function writeArchive(
  client: ClientBase,
  folder: string,
  month: string,
): Promise<string> {
  const draft = join(folder, `.duoling-${month.slice(0, 7)}.${process.pid}.part`)
  const hash = createHash('sha256')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await pipeline(
      Readable.from(content(client, month, hash)),
      createGzip({ level: 4 }),
      createWriteStream(draft, { mode: 0o600 }),
    )
    await synced(draft)
    const digits = hash.digest('hex').slice(0, NAME_DIGITS)
    const path = join(folder, `duoling-${month.slice(0, 7)}-${digits}.jsonl.gz`)
    await rename(draft, path)
    await synced(folder)
    return path
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    if (errorCode(error) === undefined || !('syscall' in (error as object))) throw error
    throw new EnvironmentFault(
      {
        what: `归档文件写不下去（${errorCode(error)}），日志没有改动`,
        where: folder,
        next: '换一个可以写、空间足够的文件夹（--to），再运行一次',
      },
      { cause: error },
    )
  }
}

async function* content(client: ClientBase, month: string, hash: Hash): AsyncGenerator<Buffer> {
  const first = Buffer.from(`${JSON.stringify({ format: FORMAT, month })}\n`)
  hash.update(first)
  yield first
  const rows: Record<string, number> = {}
  for (const table of ARCHIVED_TABLES) {
    const source = sourceOf(client, linesOf(table, month))
    for await (const chunk of source) {
      hash.update(chunk)
      yield chunk
    }
    rows[table] = source.rowCount ?? 0
  }
  yield Buffer.from(`${JSON.stringify({ rows, sha256: hash.copy().digest('hex') })}\n`)
}

/** JSON holds no control character, so that with these as quote and separator a line comes as it is. */
function sourceOf(client: ClientBase, lines: string) {
  return client.query(
    copyTo(`copy (${lines}) to stdout (format csv, quote e'\\x01', delimiter e'\\x02')`),
  )
}

/** A file that only the machine's memory knows would be lost with the power, and its month with it. */
async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Reads every line and compares it with the last one.
 *  @throws EnvironmentFault when it is no whole archive of ours. */
export async function readArchive(path: string): Promise<ArchiveFile> {
  const reader = new Reader()
  try {
    for await (const line of linesIn(path)) reader.take(line)
    return reader.end()
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      const missing = { what: '没有这个归档文件', where: path, next: '核对路径' }
      throw new EnvironmentFault(missing, { cause: error })
    }
    const detail = error instanceof Fault ? `：${error.message}` : ''
    throw new EnvironmentFault(
      {
        what: `归档文件已损坏，或不是铎铃的归档文件${detail}`,
        where: basename(path),
        next: '换一份另存的归档文件核对',
      },
      { cause: error },
    )
  }
}

async function* linesIn(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let rest = ''
  const file = createReadStream(path)
  const unpacked = createGunzip()
  file.on('error', (error) => unpacked.destroy(error))
  for await (const chunk of file.pipe(unpacked)) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') throw new Fault('最后一行不完整')
}

class Fault extends Error {}

interface Last {
  readonly rows: Readonly<Record<string, number>>
  readonly sha256: string
}

const LINE = /^\{"table":"([a-z_]+)","row":(\{.*\})\}$/su

class Reader {
  readonly #hash = createHash('sha256')
  readonly #sums = new Map<string, { rows: number; digest: bigint }>(
    ARCHIVED_TABLES.map((table) => [table, { rows: 0, digest: 0n }]),
  )
  readonly #counts = new Map<
    string,
    { -readonly [key in keyof ArchivedCount]: ArchivedCount[key] }
  >()
  #month: string | undefined
  #last: Last | undefined

  take(line: string): void {
    if (this.#last) throw new Fault('结尾之后还有内容')
    if (this.#month === undefined) this.#month = monthIn(line)
    else if (!line.startsWith('{"table":')) {
      this.#last = JSON.parse(line)
      return
    } else this.#row(line)
    this.#hash.update(line).update('\n')
  }

  #row(line: string): void {
    const [, table = '', text = ''] = LINE.exec(line) ?? []
    const sum = this.#sums.get(table)
    if (!sum) throw new Fault('有一行读不懂')
    sum.rows++
    sum.digest += lineDigest(line)
    if (table !== 'delivery') return
    const { agency_id: agencyId, dispatch_id: dispatchId, state, units } = JSON.parse(text)
    const key = `${agencyId}.${dispatchId}.${state}`
    const count = this.#counts.get(key) ?? { agencyId, dispatchId, state, deliveries: 0, units: 0 }
    count.deliveries++
    count.units += units
    this.#counts.set(key, count)
  }

  end(): ArchiveFile {
    if (this.#month === undefined || !this.#last) throw new Fault('没有写完')
    const sha256 = this.#hash.digest('hex')
    if (sha256 !== this.#last.sha256) throw new Fault('内容与结尾的校验值不符')
    const sums: Record<string, TableSum> = {}
    for (const [table, { rows, digest }] of this.#sums) {
      if (this.#last.rows[table] !== rows) throw new Fault(`${table} 的行数与结尾不符`)
      sums[table] = { rows, digest: String(digest) }
    }
    return { month: this.#month, sha256, sums, counts: [...this.#counts.values()] }
  }
}

function monthIn(line: string): string {
  const first: { format?: unknown; month?: unknown } = JSON.parse(line)
  if (first.format !== FORMAT || typeof first.month !== 'string') throw new Fault('开头读不懂')
  return first.month
}
