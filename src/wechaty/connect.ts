/** WeChat through wechaty: loads it and the configured puppet, keeps somebody logged in, and starts anew where
 *  the puppet does not come back by itself. It passes on no error's words, because they may hold the token. */
import { createRequire } from 'node:module'
import { EnvironmentFault, errorCode } from '../kit/environment-fault.ts'
import { inTurn } from '../kit/in-turn.ts'
import type { Puppet, Room, Standing } from './puppet.ts'
import { within } from './within.ts'

export type Told =
  | { readonly event: 'scan'; readonly link: string }
  | { readonly event: 'login'; readonly name: string }
  | { readonly event: 'logout' | 'anew' }
  | { readonly event: 'fault'; readonly code: string }

export interface WechatyOptions {
  /** the name of a package, or a puppet as its package makes one */
  readonly puppet: string | object
  readonly puppetOptions: Readonly<Record<string, unknown>>
  /** milliseconds between two looks whether somebody is there */
  readonly lookMs?: number
  tell(told: Told): void
}

/** As much of wechaty as is used here; its own types are there only where it is installed. */
interface Bot {
  on(event: 'scan', listener: (code: unknown) => void): unknown
  on(event: 'login', listener: (user: { name(): unknown }) => void): unknown
  on(event: 'logout', listener: () => void): unknown
  on(event: 'error', listener: (error: unknown) => void): unknown
  start(): Promise<void>
  stop(): Promise<void>
  readonly puppet: BotPuppet
}
interface BotPuppet {
  readonly isLoggedIn: boolean
  roomList(): Promise<readonly string[]>
  roomPayload(id: string): Promise<{ readonly topic?: unknown }>
  messageSendText(roomId: string, text: string): Promise<unknown>
  messageRecall(messageId: string): Promise<boolean>
}
interface Wechaty {
  readonly WechatyBuilder: { build(options: object): Bot }
}

const WECHATY: string = 'wechaty'
const INSTALL = 'npm ci --prefix src/wechaty --omit=dev --ignore-scripts'
const LOOK_MS = 15_000
const LOOKS_IN_VAIN_MAX = 3
const ANSWER_MS_MAX = 10_000
const STOP_MS_MAX = 20_000
/** A person needs a while with the phone; each new code starts it again. */
const SCAN_LOOKS_MAX = 20
const PAYLOADS_AT_ONCE_MAX = 8
const LINK_CHARACTERS_MAX = 2_000

export interface Connected extends Puppet {
  /** Resolves when the puppet was started, which proves nothing: a login does, and it may come much later. */
  start(): Promise<void>
}

/** Loads what is needed, and starts nothing yet.
 *  @throws EnvironmentFault when a package is not installed */
export async function loadWechaty(options: WechatyOptions): Promise<Connected> {
  const { puppet } = options
  whenInstalled(WECHATY, INSTALL)
  if (typeof puppet === 'string')
    whenInstalled(puppet, `npm install --prefix src/wechaty --no-save --ignore-scripts ${puppet}`)
  const wechaty: Wechaty = await import(WECHATY)
  return new Connection(wechaty, options)
}

export function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name)
    return true
  } catch (error) {
    // A package without a door for `require` is there all the same.
    return errorCode(error) !== 'MODULE_NOT_FOUND'
  }
}

function whenInstalled(name: string, install: string): void {
  if (isInstalled(name)) return
  throw new EnvironmentFault({
    what: `没有安装 ${name}，它不随本程序一起安装`,
    where: import.meta.dirname,
    next: `在程序文件夹里运行 ${name === WECHATY ? INSTALL : install}，再启动一次`,
  })
}

class Connection implements Connected {
  readonly name: string
  readonly #wechaty: Wechaty
  readonly #options: WechatyOptions
  #bot: Bot | undefined
  #standing: Standing = { state: 'logged-out' }
  #timer: ReturnType<typeof setTimeout> | undefined
  #looksInVain = 0
  #stopped = false

  constructor(wechaty: Wechaty, options: WechatyOptions) {
    this.#wechaty = wechaty
    this.#options = options
    this.name = typeof options.puppet === 'string' ? options.puppet : 'puppet'
  }

  async start(): Promise<void> {
    const { puppet, puppetOptions } = this.#options
    const bot = this.#wechaty.WechatyBuilder.build({ name: 'duoling', puppet, puppetOptions })
    this.#bot = bot
    const current = () => this.#bot === bot && !this.#stopped
    bot.on('scan', (code) => {
      if (typeof code !== 'string' || code === '' || code.length > LINK_CHARACTERS_MAX) return
      if (current()) this.#become({ state: 'scan', link: code }, { event: 'scan', link: code })
    })
    bot.on('login', (user) => {
      const name = nameOf(user)
      if (current())
        this.#become({ state: 'logged-in', name, since: new Date() }, { event: 'login', name })
    })
    bot.on('logout', () => {
      if (current()) this.#become({ state: 'logged-out' }, { event: 'logout' })
    })
    bot.on('error', (error) => {
      if (current()) this.#options.tell({ event: 'fault', code: codeOf(error) })
    })
    await bot.start().catch((error) => {
      this.#options.tell({ event: 'fault', code: codeOf(error) })
    })
    if (current()) this.#lookLater()
  }

  #become(standing: Standing, told: Told): void {
    this.#standing = standing
    this.#looksInVain = 0
    this.#options.tell(told)
  }

  #lookLater(): void {
    const look = () => this.#look().catch(() => undefined)
    this.#timer = setTimeout(look, this.#options.lookMs ?? LOOK_MS)
  }

  /** A puppet that lost its service believes in its login for a while, and then may never come back. */
  async #look(): Promise<void> {
    const well = await this.#isWell()
    if (this.#stopped) return
    this.#looksInVain = well ? 0 : this.#looksInVain + 1
    const patience = this.#standing.state === 'scan' ? SCAN_LOOKS_MAX : LOOKS_IN_VAIN_MAX
    if (this.#looksInVain < patience) return this.#lookLater()
    this.#become({ state: 'logged-out' }, { event: 'anew' })
    const old = this.#bot
    this.#bot = undefined
    await endBot(old)
    if (!this.#stopped) await this.start()
  }

  async #isWell(): Promise<boolean> {
    if (this.standing().state !== 'logged-in') return false
    return within(this.#puppet().roomList(), ANSWER_MS_MAX).then(
      () => true,
      () => false,
    )
  }

  /** @throws where there is none yet */
  #puppet(): BotPuppet {
    if (!this.#bot) throw new Error('no puppet')
    return this.#bot.puppet
  }

  standing(): Standing {
    if (this.#standing.state !== 'logged-in') return this.#standing
    try {
      return this.#puppet().isLoggedIn ? this.#standing : { state: 'logged-out' }
    } catch {
      return { state: 'logged-out' }
    }
  }

  /** Of the puppet itself: wechaty's own search calls a service that is gone an account without rooms. */
  async rooms(): Promise<readonly Room[]> {
    const puppet = this.#puppet()
    const ids = await puppet.roomList()
    return inTurn(ids, PAYLOADS_AT_ONCE_MAX, async (id) => {
      // A room without a readable name can still be met by its id.
      const { topic } = await puppet.roomPayload(id).catch(() => ({ topic: '' }))
      return { id, topic: typeof topic === 'string' ? topic : '' }
    })
  }

  async say(roomId: string, text: string): Promise<string | undefined> {
    const id = await this.#puppet().messageSendText(roomId, text)
    return typeof id === 'string' ? id : undefined
  }

  async recall(messageId: string): Promise<boolean> {
    return (await this.#puppet().messageRecall(messageId)) === true
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await endBot(this.#bot)
  }
}

async function endBot(bot: Bot | undefined): Promise<void> {
  if (bot) await within(bot.stop(), STOP_MS_MAX).catch(() => undefined)
}

function nameOf(user: { name(): unknown }): string {
  const name = user.name()
  return typeof name === 'string' ? [...name].slice(0, 40).join('') : ''
}

/** `14 UNAVAILABLE` of gRPC, the code or the kind of any other error; never its words. */
function codeOf(error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const [grpc] = /^\d{1,2} [A-Z_]{2,30}/.exec(message) ?? []
  const kind = error instanceof Error ? error.name : typeof error
  return grpc ?? errorCode(error)?.slice(0, 40) ?? kind.slice(0, 40)
}
