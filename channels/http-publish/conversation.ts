/** The calls of one account: logs in once for all, again once when a token has run out, and keeps what it
 *  uploaded by its hash. No secret, token or address of a call leaves this file in words. */
import type { Outcome } from '../../src/domain/outcome.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { timestampText } from '../../src/kit/signing.ts'
import type { HttpAnswer, SendBatch, Toolbox } from '../channel.ts'
import { type Effect, type Judged, judgeAnswer } from './answer.ts'
import type { Step } from './profile.ts'
import { type BuiltRequest, buildRequest, whyNotBuilt } from './request.ts'
import type { PublishSettings } from './settings.ts'
import type { Values } from './template.ts'
import { type UploadedFile, withFile } from './wire-body.ts'

/** One act of one batch: what was signed, what the steps have read so far, what was uploaded. */
export interface Errand {
  readonly key: string
  /** the same for every act on one item */
  readonly item: string
  readonly at: Date
  readonly fields: Readonly<Record<string, string>>
  readonly reference?: string | undefined
  readonly read: Map<string, string>
  readonly files: UploadedFile[]
  readonly signal: AbortSignal
}

export function errandOf(batch: SendBatch, signal: AbortSignal): Errand {
  const { key, at, fields, reference } = batch
  const item = `${batch.agencyId}-${batch.bulletinId}`
  return { key, item, at, fields, reference, read: new Map(), files: [], signal }
}

interface Session {
  readonly read: ReadonlyMap<string, string>
}

type LoggedIn = { readonly session: Session } | { readonly outcome: Outcome }

/** Long numbers may be somebody's phone or identity card. */
const LONG_NUMBER = /\d{7,}/g
const MAILBOX = /[\w.+-]+@[\w-]+\.[\w.-]+/g
const SECRET_CHARACTERS_MIN = 4

export class Conversation {
  readonly #settings: PublishSettings
  readonly #secrets: ReadonlyMap<string, string>
  readonly #tools: Toolbox
  #session: Session | undefined
  #loggingIn: Promise<LoggedIn> | undefined
  #calls = 0

  constructor(settings: PublishSettings, secrets: ReadonlyMap<string, string>, tools: Toolbox) {
    this.#settings = settings
    this.#secrets = secrets
    this.#tools = tools
  }

  /** One step, answered in words the hub understands; the token is renewed once. */
  async run(
    name: string,
    step: Step,
    effect: Effect,
    errand: Errand,
    file?: UploadedFile,
  ): Promise<Judged> {
    const first = await this.#loggedIn(errand)
    if ('outcome' in first) return { kind: 'not', outcome: first.outcome }
    const judged = await this.#call(name, step, effect, errand, first.session, file)
    if (judged.kind !== 'auth') return judged
    if (this.#settings.profile.steps.login && name !== 'login') {
      // Somebody else may have renewed it meanwhile; a newer session is tried as it is.
      if (this.#session === first.session) this.#session = undefined
      const again = await this.#loggedIn(errand)
      if ('outcome' in again) return { kind: 'not', outcome: again.outcome }
      const second = await this.#call(name, step, effect, errand, again.session, file)
      return second.kind === 'auth' ? refusedAccount(second) : second
    }
    return refusedAccount(judged)
  }

  /** Whether the account may log in; undefined when it may, or has no login of its own. */
  async whyNotLoggedIn(errand: Errand): Promise<Outcome | undefined> {
    const answer = await this.#loggedIn(errand)
    return 'outcome' in answer ? answer.outcome : undefined
  }

  valuesFor(errand: Errand, session: Session | undefined = this.#session): Values {
    const nonce = this.#nonce(errand)
    const { settings, secrets } = { settings: this.#settings, secrets: this.#secrets }
    const format = settings.profile.sign?.timestamp ?? 'ms'
    return (name) => {
      if (name.startsWith('secret.')) return secrets.get(name.slice('secret.'.length))
      if (name.startsWith('constant.'))
        return own(settings.constants, name.slice('constant.'.length))
      switch (name) {
        case 'base':
          return settings.base
        case 'timestamp':
          return timestampText(format, errand.at)
        case 'nonce':
          return nonce
        case 'reference':
          return errand.read.get('reference') ?? errand.reference
        case 'attachmentIds':
          return errand.files.map(({ id }) => id ?? '').join(',')
        case 'attachmentLinks':
          return linksOf(errand.files)
        default:
          return (
            own(errand.fields, name) ??
            errand.read.get(name) ??
            session?.read.get(name) ??
            (name === 'reason' ? '' : undefined)
          )
      }
    }
  }

  /** Takes out of a platform's words whatever must not be read by others. */
  clean(text: string, errand: Errand): string {
    const hidden = [...this.#secrets.values(), ...(this.#session?.read.values() ?? [])]
    const variants = hidden
      .filter((value) => value.length >= SECRET_CHARACTERS_MIN)
      .flatMap((value) => [value, encodeURIComponent(value), Buffer.from(value).toString('base64')])
    let clean = text
    for (const value of [...variants, this.#nonce(errand)])
      clean = clean.replaceAll(value, '＊＊＊')
    return clean
      .replace(MAILBOX, '＊＊＊')
      .replace(LONG_NUMBER, '＊＊＊')
      .replace(/\p{Cc}+/gu, ' ')
  }

  /** Different for each request of a process and the same text for the same request. */
  #nonce({ key, at }: Errand): string {
    const { nonceCharacters = 32 } = this.#settings.profile.sign ?? {}
    return sha256Hex(`${key}.${at.getTime()}.${this.#calls}`).slice(0, nonceCharacters)
  }

  async #loggedIn(errand: Errand): Promise<LoggedIn> {
    const { login } = this.#settings.profile.steps
    if (!login) return { session: { read: new Map() } }
    if (this.#session) return { session: this.#session }
    this.#loggingIn ??= this.#login(login, errand).finally(() => {
      this.#loggingIn = undefined
    })
    return this.#loggingIn
  }

  async #login(step: Step, errand: Errand): Promise<LoggedIn> {
    const judged = await this.#call('login', step, 'look', errand, undefined)
    if (judged.kind === 'done') {
      this.#session = { read: judged.read }
      return { session: this.#session }
    }
    if (judged.kind === 'not') return { outcome: accountWide(judged.outcome) }
    const detail = judged.kind === 'auth' ? judged.detail : '登录没有成功，请核对接口地址和账号'
    const code = judged.kind === 'auth' ? judged.code : 'login-refused'
    return { outcome: { kind: 'refused', scope: 'account', code, detail } }
  }

  async #call(
    name: string,
    step: Step,
    effect: Effect,
    errand: Errand,
    session: Session | undefined,
    file?: UploadedFile,
  ): Promise<Judged> {
    if (errand.signal.aborted)
      return {
        kind: 'not',
        outcome: { kind: 'retry', code: 'aborted', detail: '发送被中止，没有发出' },
      }
    this.#calls++
    const values = this.valuesFor(errand, session)
    let request: BuiltRequest
    try {
      const input = { values: file ? withFile(values, file) : values, files: errand.files }
      request = buildRequest(this.#settings, step, { ...input, ...(file ? { file } : {}) })
    } catch (error) {
      const why = whyNotBuilt(error, this.#settings)
      if (!why) throw error
      return { kind: 'not', outcome: { kind: 'refused', scope: 'message', ...why } }
    }
    const answer = await this.fetch(request, errand.signal)
    const judged = judgeAnswer(answer, {
      ...{ profile: this.#settings.profile, step, effect, at: errand.at },
      clean: (text) => this.clean(text.replaceAll(request.signature ?? '\u0000', '＊＊＊'), errand),
    })
    if (judged.kind !== 'done')
      this.#tools.log('publish-step', {
        ...{ step: name, kind: judged.kind === 'not' ? judged.outcome.kind : judged.kind },
        status: answer.kind === 'answer' ? answer.status : answer.kind,
      })
    return judged
  }

  fetch(request: BuiltRequest, signal: AbortSignal): Promise<HttpAnswer> {
    const { timeoutMs, answerBytesMax: bytesMax } = this.#settings
    const { method, url, headers, body } = request
    return this.#tools.http({
      method,
      url,
      headers,
      timeoutMs,
      bytesMax,
      signal,
      ...(body ? { body } : {}),
    })
  }
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** Without a login nothing else can be sent either. */
function accountWide(outcome: Outcome): Outcome {
  return outcome.kind === 'refused' ? { ...outcome, scope: 'account' } : outcome
}

function refusedAccount({ code, detail }: { code: string; detail: string }): Judged {
  return { kind: 'not', outcome: { kind: 'refused', scope: 'account', code, detail } }
}

/** Signed names of the attachments with the addresses the platform gave them. */
function linksOf(files: readonly UploadedFile[]): string {
  const safe = (text: string) =>
    text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  const linked = files.filter(({ url }) => url !== undefined && /^(?:https?:\/)?\//.test(url))
  return linked
    .map(({ name, url }) => `<p>附件：<a href="${safe(url ?? '')}">${safe(name)}</a></p>`)
    .join('')
}
