/** The keys of an installation, kept in one private file outside the database. Made on first use;
 *  only the key of secrets is ever turned: whoever loses the file loses what was sealed and every proof. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { EnvironmentFault } from './environment-fault.ts'
import {
  createPrivateFile,
  ensureFolder,
  readPrivateFile,
  replacePrivateFile,
} from './private-file.ts'
import { KEY_BYTES, newKey } from './seal.ts'

export interface Key {
  readonly id: string
  readonly bytes: Buffer
}

export interface Keyring {
  /** the HMAC of signatures */
  readonly proof: Key
  /** wraps the key of each item */
  readonly item: Key
  /** seals blocks of addresses */
  readonly address: Key
  /** finds an address without opening it */
  readonly blindIndex: Key
  /** seals the chain of the audit */
  readonly audit: Key
  /** seals secrets; absent in a file of an earlier version until the first secret is set */
  readonly secret?: Key
  /** sealed secrets until all of them were sealed anew */
  readonly formerSecret?: Key
  /** the login role the hub connects with */
  readonly hubLogin: { readonly login: string; readonly password: string }
  readonly path: string
  /** true when this call made the keys; a database that already holds data then lost its old ones */
  readonly created: boolean
}

const PURPOSES = ['proof', 'item', 'address', 'blindIndex', 'audit', 'secret'] as const
type Purpose = (typeof PURPOSES)[number]

const VERSION = 1
const LOGIN = /^duoling_hub_[0-9a-f]{8}$/
const PASSWORD = /^[0-9a-f]{48}$/

/** @throws EnvironmentFault when the file is unreadable, too open or garbled. */
export async function openKeyring(dataFolder: string): Promise<Keyring> {
  const path = join(dataFolder, 'keys.json')
  const found = await readPrivateFile(path)
  if (found !== undefined) return { ...parse(found, path), path, created: false }
  await ensureFolder(dataFolder)
  const text = newKeyringText()
  // Two processes may start at once; the keys of the first one count for both.
  if (await createPrivateFile(path, text)) return { ...parse(text, path), path, created: true }
  return { ...parse((await readPrivateFile(path)) ?? '', path), path, created: false }
}

/** The key file as it stands now.
 *  @throws EnvironmentFault when it is missing, unreadable, too open or garbled */
export async function readKeyring(path: string): Promise<Keyring> {
  return { ...parse((await readPrivateFile(path)) ?? '', path), path, created: false }
}

function newKeyringText(): string {
  const keys: Record<string, { id: string; key: string }> = {}
  for (const purpose of PURPOSES) keys[purpose] = newKeyOf(purpose)
  const hubLogin = {
    login: `duoling_hub_${randomBytes(4).toString('hex')}`,
    password: randomBytes(24).toString('hex'),
  }
  const warning = '本文件是本安装的全部密钥：请与数据库分开备份，丢失后无法恢复，不要发给任何人'
  return `${JSON.stringify({ version: VERSION, warning, keys, hubLogin }, null, 2)}\n`
}

function newKeyOf(purpose: Purpose): { readonly id: string; readonly key: string } {
  const id = `${purpose}-${randomBytes(4).toString('hex')}`
  return { id, key: newKey().toString('base64') }
}

/** The file with its sealing keys of secrets changed: `first` adds one where there is none, `next` puts a new one
 *  beside the old, `last` drops the old. Whoever calls holds the one lock that all of them take.
 *  @throws EnvironmentFault when the file is missing, unreadable, too open or garbled */
export async function turnSecretKey(path: string, to: 'first' | 'next' | 'last'): Promise<void> {
  const text = (await readPrivateFile(path)) ?? ''
  parse(text, path)
  const file = record(parseJson(text))
  const { formerSecret, ...keys } = record(file['keys'])
  // Each step may be taken again by whoever takes up what another left.
  if (to === 'first' && keys['secret'] !== undefined) return
  if ((to === 'next') === (formerSecret !== undefined) && to !== 'first') return
  const turned =
    to === 'last'
      ? keys
      : {
          ...{ ...keys, secret: newKeyOf('secret') },
          ...(keys['secret'] === undefined ? {} : { formerSecret: keys['secret'] }),
        }
  const after = `${JSON.stringify({ ...file, keys: turned }, null, 2)}\n`
  parse(after, path)
  await replacePrivateFile(path, after)
}

function parse(text: string, path: string): Omit<Keyring, 'path' | 'created'> {
  const json = parseJson(text)
  if (json === undefined) throw garbled(path, '不是完整的 JSON')
  const file = record(json)
  if (file['version'] !== VERSION) throw garbled(path, '版本不认识')
  const keys = record(file['keys'])
  const key = (purpose: Purpose): Key => readKey(record(keys[purpose]), purpose, path)
  const optional = (name: 'secret' | 'formerSecret') =>
    keys[name] === undefined ? {} : { [name]: readKey(record(keys[name]), 'secret', path) }
  const { login, password } = record(file['hubLogin'])
  if (typeof login !== 'string' || !LOGIN.test(login)) throw garbled(path, 'hubLogin.login 不对')
  if (typeof password !== 'string' || !PASSWORD.test(password))
    throw garbled(path, 'hubLogin.password 不对')
  return {
    proof: key('proof'),
    item: key('item'),
    address: key('address'),
    blindIndex: key('blindIndex'),
    audit: key('audit'),
    ...{ ...optional('secret'), ...optional('formerSecret') },
    hubLogin: { login, password },
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which is a secret.
    return undefined
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function readKey(value: Readonly<Record<string, unknown>>, purpose: Purpose, path: string): Key {
  const { id, key } = value
  if (typeof id !== 'string' || id === '') throw garbled(path, `缺少密钥 ${purpose} 的编号`)
  const bytes = Buffer.from(typeof key === 'string' ? key : '', 'base64')
  if (bytes.length !== KEY_BYTES) throw garbled(path, `密钥 ${purpose} 不是 ${KEY_BYTES} 字节`)
  return { id, bytes }
}

function garbled(path: string, why: string): EnvironmentFault {
  return new EnvironmentFault({
    what: `密钥文件已损坏：${why}`,
    where: path,
    next: '从备份恢复这个文件；不要删除它，新密钥打不开旧数据，也验不了旧签发',
  })
}
