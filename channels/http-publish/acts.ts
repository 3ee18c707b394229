/** The acts of a road as sequences of steps: publish, amend, withdraw, and looking what became of them.
 *  Refuses to make anything twice: after a step that made something, an open end is `unsure`. */
import type { Outcome } from '../../src/domain/outcome.ts'
import type { SendBatch, Toolbox } from '../channel.ts'
import type { Judged } from './answer.ts'
import { Uploads } from './attachments.ts'
import { type Conversation, type Errand, errandOf } from './conversation.ts'
import { allowedUrl } from './hosts.ts'
import type { Step } from './profile.ts'
import { usesReference } from './profile-check.ts'
import type { PublishSettings } from './settings.ts'
import { fillUrl } from './template.ts'

const REFERENCE_CHARACTERS_MAX = 500
const REFERENCES_MAX = 1_000

export class Acts {
  readonly #settings: PublishSettings
  readonly #talk: Conversation
  readonly #tools: Toolbox
  readonly #uploads: Uploads
  /** numbers this process was told, for an amendment that comes before the hub has kept them */
  readonly #references = new Map<string, string>()

  constructor(settings: PublishSettings, talk: Conversation, tools: Toolbox) {
    this.#settings = settings
    this.#talk = talk
    this.#tools = tools
    this.#uploads = new Uploads(settings, tools)
  }

  async publish(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const { idempotency, steps } = this.#settings.profile
    const errand = errandOf(batch, signal)
    if (idempotency === 'query-before-create') {
      const found = await this.#find(errand)
      if (typeof found !== 'string') return found
      if (found === 'there') return this.#finish(errand)
    }
    const stopped = await this.#uploads.add(batch, errand, this.#talk)
    if (stopped) return stopped
    const judged = await this.#talk.run('create', steps.create, 'make', errand)
    if (judged.kind === 'not' || judged.kind === 'absent') return judged.outcome
    if (judged.kind === 'auth') return refused(judged.code, judged.detail)
    keep(errand, judged)
    // A platform that knows the item but does not say under which number can be asked.
    if (judged.kind === 'duplicate' && !errand.read.has('reference') && steps.query)
      await this.#find(errand)
    return this.#finish(errand)
  }

  /** What is made stands on the platform as a draft until this step; trying again is only safe where the
   *  platform recognises the item. */
  async #finish(errand: Errand): Promise<Outcome> {
    const { idempotency, steps } = this.#settings.profile
    if (!steps.publish) return this.#accepted(errand)
    const judged = await this.#talk.run('publish', steps.publish, 'make', errand)
    if (judged.kind === 'done' || judged.kind === 'duplicate') {
      keep(errand, judged)
      return this.#accepted(errand)
    }
    const outcome = judged.kind === 'auth' ? refused(judged.code, judged.detail) : judged.outcome
    if (!('detail' in outcome)) return outcome
    const draft = `稿件已建立（编号 ${this.#shownReference(errand)}），发布一步没有完成`
    if (outcome.kind === 'retry' && idempotency === 'none')
      return { kind: 'unsure', code: outcome.code, detail: draft }
    return { ...outcome, detail: `${draft}：${outcome.detail}` }
  }

  #shownReference({ read }: Errand): string {
    const reference = read.get('reference')
    return reference !== undefined && /^[\w.-]{1,60}$/.test(reference) ? reference : '未知'
  }

  /** `there` puts the platform's number and address into the errand. */
  async #find(errand: Errand): Promise<'there' | 'absent' | Outcome> {
    const { query } = this.#settings.profile.steps
    if (!query) return 'absent'
    const byReference = usesReference(query)
    if (byReference && !this.#recalled(errand)) return UNKNOWN
    const judged = await this.#talk.run('query', query, 'look', errand)
    if (judged.kind === 'absent') return 'absent'
    if (judged.kind === 'not') return judged.outcome
    if (judged.kind === 'auth') return refused(judged.code, judged.detail)
    const proven = query.read['foundId'] === undefined || !judged.read.has('reference')
    if (!proven && judged.read.get('foundId') !== errand.fields['externalId']) return OTHER
    keep(errand, judged)
    return byReference || judged.read.has('reference') ? 'there' : 'absent'
  }

  /** Puts what this process was told into the errand when the hub has not kept it. */
  #recalled(errand: Errand): boolean {
    const told = errand.reference ?? this.#references.get(errand.item)
    if (told !== undefined) errand.read.set('reference', told)
    return told !== undefined
  }

  async amend(batch: SendBatch, steps: readonly Step[], signal: AbortSignal): Promise<Outcome> {
    const errand = errandOf(batch, signal)
    const missing = await this.#whyNoReference(errand, steps)
    if (missing) return missing
    const stopped = await this.#uploads.add(batch, errand, this.#talk)
    if (stopped) return stopped
    for (const [index, step] of steps.entries()) {
      const judged = await this.#change(`update.${index}`, step, errand)
      if (judged.kind === 'absent')
        return refused('not-there', '平台上已没有这一条，不能更正，请核实后重新发布')
      if (judged.kind === 'not') return judged.outcome
      if (judged.kind === 'auth') return refused(judged.code, judged.detail)
      keep(errand, judged)
    }
    return this.#accepted(errand)
  }

  async withdraw(batch: SendBatch, steps: readonly Step[], signal: AbortSignal): Promise<Outcome> {
    const errand = errandOf(batch, signal)
    const missing = await this.#whyNoReference(errand, steps)
    if (missing) return missing
    // Afterwards the platform may no longer say where the page was that must be gone.
    const url = this.#publicUrl(errand) ?? (await this.locate(errand))
    for (const [index, step] of steps.entries()) {
      const judged = await this.#change(`withdraw.${index}`, step, errand)
      // What is gone already is withdrawn.
      if (judged.kind === 'absent') break
      if (judged.kind === 'not') return judged.outcome
      if (judged.kind === 'auth') return refused(judged.code, judged.detail)
      keep(errand, judged)
    }
    return this.#told(errand, this.#publicUrl(errand) ?? url)
  }

  #change(name: string, step: Step, errand: Errand): Promise<Judged> {
    return this.#talk.run(name, step, step.method === 'GET' ? 'look' : 'make', errand)
  }

  /** Posted by hand or before a crash: the platform may know the number we do not. */
  async #whyNoReference(errand: Errand, steps: readonly Step[]): Promise<Outcome | undefined> {
    const needed = JSON.stringify(steps).includes('{{reference')
    if (!needed || this.#recalled(errand)) return undefined
    const found = await this.#find(errand)
    if (found === 'there') return undefined
    if (found !== 'absent' && found !== UNKNOWN) return found
    return refused('reference-unknown', '不知道这一条在平台上的编号，请在平台上人工更正或撤下')
  }

  /** Looks, and changes nothing. What is not there, or not yet finished, can be tried again: each act of
   *  this road then finds what it made before. */
  async reconcile(batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
    const { idempotency, steps } = this.#settings.profile
    const errand = errandOf(batch, signal)
    const found = await this.#find(errand)
    if (found === UNKNOWN) return UNKNOWN
    if (typeof found !== 'string')
      return { kind: 'unsure', code: codeOf(found), detail: '暂时查不到平台上的情况，请稍后再核实' }
    if (batch.act === 'withdraw')
      return found === 'absent'
        ? this.#told(errand, this.#publicUrl(errand))
        : retry('still-there', '平台上还有这一条，可以再次撤下')
    if (batch.act === 'amend')
      return found === 'there'
        ? retry('repeatable', '再次更正得到同样的内容')
        : { kind: 'unsure', code: 'not-there', detail: '平台上查不到这一条，请到平台上核实' }
    if (found === 'absent') return retry('not-there', '平台上没有这一条，可以再次发布')
    if (!steps.publish) return this.#accepted(errand)
    if (idempotency === 'none')
      return {
        kind: 'unsure',
        code: 'draft-there',
        detail: '平台上有这一稿，不知道是否已发布，请核实',
      }
    return retry('draft-there', '平台上已有这一稿，再次执行发布一步')
  }

  async #accepted(errand: Errand): Promise<Outcome> {
    return this.#told(errand, this.#publicUrl(errand) ?? (await this.locate(errand)))
  }

  #told(errand: Errand, url: string | undefined): Outcome {
    const reference = errand.read.get('reference') ?? errand.reference
    const kept = reference !== undefined && reference.length <= REFERENCE_CHARACTERS_MAX
    if (kept) this.#remember(errand.item, reference)
    return {
      kind: 'accepted',
      ...(kept ? { reference } : {}),
      ...(url === undefined ? {} : { url }),
    }
  }

  /** A page the platform has not made yet has no address: nothing is lost, it is asked for again later. */
  async locate(errand: Errand): Promise<string | undefined> {
    const { locate } = this.#settings.profile.steps
    if (!locate || !(errand.reference ?? errand.read.get('reference'))) return undefined
    const judged = await this.#talk.run('locate', locate, 'look', errand)
    if (judged.kind !== 'done') return undefined
    keep(errand, judged)
    return this.#publicUrl(errand)
  }

  #remember(item: string, reference: string): void {
    this.#references.set(item, reference)
    const [oldest] = this.#references.keys()
    if (this.#references.size > REFERENCES_MAX && oldest !== undefined)
      this.#references.delete(oldest)
  }

  /** From the answer, or from the setting; an address of a host that is not listed is not passed on. */
  #publicUrl(errand: Errand): string | undefined {
    const { base, hosts, publicUrl } = this.#settings
    const said = errand.read.get('url')
    if (said !== undefined && URL.canParse(said, base)) {
      const url = allowedUrl(new URL(said, base).href, hosts)
      if (!url) this.#tools.log('public-url-not-listed', { host: new URL(said, base).hostname })
      if (url) return url.href
    }
    if (publicUrl === undefined) return undefined
    try {
      return allowedUrl(fillUrl(publicUrl, this.#talk.valuesFor(errand)), hosts)?.href
    } catch {
      return undefined
    }
  }
}

function keep(errand: Errand, { read }: Extract<Judged, { kind: 'done' | 'duplicate' }>): void {
  for (const [name, value] of read) errand.read.set(name, value)
}

/** The platform is asked by address, and the answer that named it was lost. */
const UNKNOWN: Outcome = {
  kind: 'unsure',
  code: 'address-unknown',
  detail: '平台只能按公开地址查询，而带地址的答复丢失了，请到平台上看有没有这一条',
}
/** A search that ignores what it is asked for would hand us somebody else's document. */
const OTHER: Outcome = {
  kind: 'refused',
  scope: 'account',
  code: 'query-other',
  detail: '按编号查询，平台却给出另一篇稿件，已停止；请核对方案的 query 步骤和平台的编号字段',
}

function codeOf(outcome: Outcome): string {
  return 'code' in outcome ? outcome.code : outcome.kind
}

function retry(code: string, detail: string): Outcome {
  return { kind: 'retry', code, detail }
}

function refused(code: string, detail: string): Outcome {
  return { kind: 'refused', scope: 'message', code, detail }
}
