/** 政府信息公开平台: our own public pages. The same page may be put twice and stands once; a page
 *  that was withdrawn is refused, because it never returns to its address. */
import { TITLE_CHARACTERS_MAX } from '../src/domain/bulletin.ts'
import type { Outcome } from '../src/domain/outcome.ts'
import type { Payload } from '../src/domain/payload.ts'
import type { Act } from '../src/domain/signature.ts'
import { sha256Hex } from '../src/kit/hash.ts'
import {
  type Adapter,
  type Capabilities,
  type Channel,
  type Health,
  type Problem,
  type Rendered,
  type RenderInput,
  type SendBatch,
  SettingsFault,
  type Toolbox,
} from './channel.ts'
import {
  ARTICLE_FIELDS,
  articleFields,
  assemble,
  tombstoneFields,
} from './disclosure-portal/article.ts'
import { lossesOf } from './disclosure-portal/blocks.ts'

const ADAPTER = 'disclosure-portal'
const BYTES_MAX = 4 * 1024 * 1024
/** Our own database answers in milliseconds or is in trouble. */
const ANSWER_MS_MAX = 5_000

const CAPABILITIES: Capabilities = {
  addressing: 'place',
  batchMax: 1,
  perCall: 'batch',
  limits: { titleCharactersMax: TITLE_CHARACTERS_MAX, bytesMax: BYTES_MAX },
  idempotency: 'replace',
  // The page is looked at right after it was put; nothing is heard later.
  receipts: 'none',
  countsWhen: 'accepted',
  retract: 'delete',
  concurrencyMax: 4,
}

/** How the first characters of a page's ETag name the signed article it was made of; written by
 *  the portal, read here to learn after a crash whether a page is already the one to be put. */
const MARK_CHARACTERS = 16

type State = 'current' | 'corrected' | 'withdrawn'

const STATES: Readonly<Record<Act, State>> = {
  publish: 'current',
  resend: 'current',
  notify: 'current',
  amend: 'corrected',
  withdraw: 'withdrawn',
}

export const disclosurePortal: Adapter = {
  adapter: ADAPTER,
  create(settings, tools) {
    refuseSettings(settings)
    return channel(tools)
  },
}

function refuseSettings(settings: unknown): void {
  if (settings === undefined) return
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new SettingsFault(ADAPTER, [{ field: 'settings', text: '应为一个对象，写 {} 即可' }])
  const problems = Object.keys(settings).map((field) => ({
    field,
    text: '没有这一项设置，请删去；本渠道不需要设置',
  }))
  if (problems.length > 0) throw new SettingsFault(ADAPTER, problems)
}

function channel(tools: Toolbox): Channel {
  const act = (batch: SendBatch, state: State, signal: AbortSignal) =>
    each(batch, () => deliver(tools, batch, state, signal))
  return {
    adapter: ADAPTER,
    runsOn: ['node', 'worker'],
    capabilities: CAPABILITIES,
    render,
    check,
    send: (batch, signal) => act(batch, STATES[batch.act], signal),
    update: (batch, signal) => act(batch, 'corrected', signal),
    retract: (batch, signal) => act(batch, 'withdrawn', signal),
    reconcile: (batch, signal) => each(batch, () => reconcile(tools, batch, signal)),
    health: () => health(tools),
    close: () => Promise.resolve(),
  }
}

function render(input: RenderInput): Rendered {
  const gone = input.act === 'withdraw'
  const losses = gone ? [] : lossesOf(input.blocks, input.attachments)
  const mode = input.metadata.disclosureMode
  if (!gone && (mode === 'withheld' || mode === 'on-application'))
    losses.push('公开方式不是「主动公开」，这条信息不应出现在公开平台上，请核对后再送签')
  return {
    payload: { form: 'html', fields: gone ? tombstoneFields(input) : articleFields(input) },
    losses,
  }
}

function check(payload: Payload): readonly Problem[] {
  const problems: Problem[] = []
  if (payload.form !== 'html') problems.push({ field: 'form', text: '公开平台只接受网页形式' })
  const title = textOf(payload, 'title').replace(/^【(演练|测试)】/, '')
  const characters = [...title].length
  if (title.trim() === '') problems.push({ field: 'title', text: '标题是空的，请填写标题' })
  if (characters > TITLE_CHARACTERS_MAX)
    problems.push({
      field: 'title',
      text: `标题 ${characters} 字，超过上限 ${TITLE_CHARACTERS_MAX} 字，请缩短`,
      limit: TITLE_CHARACTERS_MAX,
    })
  for (const name of ARTICLE_FIELDS)
    if (!payload.fields[name]) problems.push({ field: name, text: '页面缺少这一段，请重新生成' })
  const bytes = Buffer.byteLength(ARTICLE_FIELDS.map((name) => textOf(payload, name)).join(''))
  if (bytes > BYTES_MAX)
    problems.push({
      field: 'body',
      text: `页面 ${bytes} 字节，超过上限 ${BYTES_MAX} 字节，请把长表改为附件`,
      limit: BYTES_MAX,
    })
  return problems
}

function textOf(payload: Payload, name: string): string {
  const segments = payload.fields[name] ?? []
  return segments.filter((segment) => typeof segment === 'string').join('')
}

/** A portal is one place; a second recipient would be a fault of whoever asks. */
async function each(batch: SendBatch, act: () => Promise<Outcome>): Promise<readonly Outcome[]> {
  if (batch.recipients.length === 1) return [await act()]
  const detail = `公开平台是一个位置，这一批却有 ${batch.recipients.length} 个`
  return batch.recipients.map(() => refused('one-place', detail))
}

async function deliver(
  tools: Toolbox,
  batch: SendBatch,
  state: State,
  signal: AbortSignal,
): Promise<Outcome> {
  const article = assemble(batch.fields)
  const { title } = batch.fields
  if (article === undefined || title === undefined)
    return refused('incomplete', '签发的页面不完整，请重新签发')
  if (signal.aborted) return { kind: 'retry', code: 'aborted', detail: '还未开始就已中止' }
  const away = await whyNotNow(tools, batch, signal)
  if (away) return away
  try {
    return await within(signal, keep(tools, batch, { state, title, article }))
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    tools.log('page-not-kept', { bulletinId: batch.bulletinId, act: batch.act, error: name })
    if (name === 'PageWithdrawn')
      return refused('withdrawn', '该地址的信息已撤下，不能恢复；请另拟一条信息重新发布')
    // The page may have been kept before the answer was lost; looking tells.
    return { kind: 'unsure', code: name, detail: '没有得到页面是否保存的答复' }
  }
}

/** A look before anything is written: pages out of reach are then known not to have been changed. */
async function whyNotNow(
  tools: Toolbox,
  batch: SendBatch,
  signal: AbortSignal,
): Promise<Outcome | undefined> {
  const { agencyId } = batch
  try {
    await within(signal, tools.pages.look({ agencyId, path: pathOf(batch) }))
    return undefined
  } catch (error) {
    const code = error instanceof Error ? error.name : 'unknown'
    return { kind: 'retry', code, detail: '页面库没有答复，页面没有改动' }
  }
}

async function keep(
  tools: Toolbox,
  batch: SendBatch,
  page: { state: State; title: string; article: string },
): Promise<Outcome> {
  const { agencyId, bulletinId, categoryId, at } = batch
  const path = pathOf(batch)
  const { state, title, article: html } = page
  if (state === 'withdrawn') {
    const { url } = await tools.pages.tombstone({ agencyId, path, html, at })
    return { kind: 'accepted', reference: path, url, delivered: true }
  }
  const put = { agencyId, path, title, categoryId, bulletinId, html, state, at }
  const { etag, url } = await tools.pages.put(put)
  const seen = await tools.pages.look({ agencyId, path }).catch(() => null)
  // Without the look the page is only accepted; the store took it all the same.
  const delivered = seen?.etag === etag
  return { kind: 'accepted', reference: path, url, ...(delivered ? { delivered } : {}) }
}

/** Whether the page to be put stands already. Putting it again is harmless, so that everything
 *  but a certain yes is a certain "try again". */
async function reconcile(tools: Toolbox, batch: SendBatch, signal: AbortSignal): Promise<Outcome> {
  const path = pathOf(batch)
  try {
    const seen = await within(signal, tools.pages.look({ agencyId: batch.agencyId, path }))
    const state = STATES[batch.act]
    const article = assemble(batch.fields) ?? ''
    // A first publication is there as soon as anything is: what stands may be its correction.
    if (seen && (state === 'current' || seen.etag.startsWith(`"${markOf(state, article)}-`)))
      return { kind: 'accepted', reference: path, url: seen.url, delivered: true }
    return { kind: 'retry', code: 'not-there', detail: '页面还不是签发的内容，可以再次发布' }
  } catch (error) {
    const name = error instanceof Error ? error.name : 'unknown'
    return { kind: 'unsure', code: name, detail: '页面库没有答复，请稍后再核实' }
  }
}

function markOf(state: State, article: string): string {
  return sha256Hex(`${state}\n${article}`).slice(0, MARK_CHARACTERS)
}

/** Asks for a page nobody has: an answer of any kind shows that the pages are within reach. */
async function health(tools: Toolbox): Promise<Health> {
  try {
    await within(new AbortController().signal, tools.pages.look({ agencyId: 0, path: '/health' }))
    return { state: 'ok', detail: '页面库可以读取' }
  } catch {
    return { state: 'down', detail: '页面库没有答复，请检查数据库连接' }
  }
}

function pathOf(batch: SendBatch): string {
  return `/item/${batch.bulletinId}`
}

function refused(code: string, detail: string): Outcome {
  return { kind: 'refused', scope: 'message', code, detail }
}

/** @throws AbortError or TimeoutError when either comes before the answer. */
function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const either = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)])
  return new Promise((resolve, reject) => {
    const stop = () =>
      reject(
        signal.aborted
          ? new DOMException('the caller gave up', 'AbortError')
          : new DOMException(`no answer within ${ANSWER_MS_MAX} ms`, 'TimeoutError'),
      )
    if (either.aborted) stop()
    either.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => either.removeEventListener('abort', stop))
  })
}
