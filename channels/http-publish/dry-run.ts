/** A rehearsal without a network: every step's request as it would leave for one item, with the text under
 *  its signature, because that text is where most connections fail. Secrets are masked in what it shows. */
import { fill, type HoleValues } from '../../src/domain/payload.ts'
import type { Problem, RenderInput } from '../channel.ts'
import { checkArticle, renderArticle } from './article.ts'
import { Conversation, type Errand } from './conversation.ts'
import { stepsOf } from './profile.ts'
import { type BuiltRequest, buildRequest, whyNotBuilt } from './request.ts'
import { type PublishSettings, readPublishSettings } from './settings.ts'
import { type UploadedFile, withFile } from './wire-body.ts'

export interface DryRunSample {
  readonly input: RenderInput
  /** time the signatures are made for */
  readonly at: Date
  readonly holes?: HoleValues
  /** the real secret of a name, to compare a signature with the platform's; left out, a placeholder signs */
  secret?(name: string): string | undefined
}

export interface DryRunStep {
  /** `login`, `upload`, `create`, `update.0` … */
  readonly step: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** as text; the bytes of a file are only counted */
  readonly body: string
  readonly canonical?: string
  readonly signature?: string
  /** why this step could not be built, in words for staff */
  readonly problem?: string
}

export interface DryRun {
  readonly problems: readonly Problem[]
  readonly losses: readonly string[]
  readonly steps: readonly DryRunStep[]
}

const MASK = '＊＊＊'
const SAMPLE_HOLES: HoleValues = {
  'public-url': 'https://example.gov.cn/item/1',
  'index-number': '示例索引号/2026-00001',
  'published-at': '2026-01-01 09:00',
}
const SAMPLE_FILE: UploadedFile = {
  name: '示例附件.pdf',
  sha256: '0'.repeat(64),
  mediaType: 'application/pdf',
  bytes: Buffer.from('%PDF-1.7'),
  id: '附件编号',
  url: '/files/sample.pdf',
}

/** Pure: opens no connection and reads no clock.
 *  @throws SettingsFault naming every wrong field at once */
export function dryRun(given: unknown, sample: DryRunSample): DryRun {
  const settings = readPublishSettings(given)
  const { payload, losses } = renderArticle(settings, sample.input)
  const problems = checkArticle(settings, payload)
  const filled = fill(payload, { ...SAMPLE_HOLES, ...sample.holes })
  const fields = 'fields' in filled ? filled.fields : {}
  const secrets = new Map(
    Object.entries(settings.secrets).map(([alias, name]) => [
      alias,
      sample.secret?.(name) ?? `〈机密 ${name}〉`,
    ]),
  )
  const read = sampleReads(settings)
  const errand: Errand = {
    ...{ key: 'dry-run', item: '', at: sample.at, fields, read, files: [SAMPLE_FILE] },
    signal: new AbortController().signal,
  }
  const tools = {
    secret: () => MASK,
    pages: { put: never, tombstone: never, look: never },
    blobs: { read: never },
    http: never,
    log: () => undefined,
  }
  const talk = new Conversation(settings, secrets, tools)
  const steps = stepsOf(settings.profile).map(([name, step]): DryRunStep => {
    const values = talk.valuesFor(errand)
    const own = name === 'upload' ? withFile(values, SAMPLE_FILE) : values
    const file = name === 'upload' ? { file: SAMPLE_FILE } : {}
    try {
      const request = buildRequest(settings, step, { values: own, files: errand.files, ...file })
      return shown(name, request, [...secrets.values()], settings)
    } catch (error) {
      const why = whyNotBuilt(error, settings)
      if (!why) throw error
      const { method, url } = step
      return { step: name, method, url, headers: {}, body: '', problem: why.detail }
    }
  })
  return { problems, losses, steps }
}

function never(): Promise<never> {
  return Promise.reject(new Error('a rehearsal calls nobody'))
}

/** What the platform would have said: the name of the value, or an address below the platform's own. */
function sampleReads(settings: PublishSettings): Map<string, string> {
  const reads = new Map<string, string>([['reference', '1']])
  for (const [, step] of stepsOf(settings.profile)) {
    for (const name of Object.keys(step.read)) if (!reads.has(name)) reads.set(name, `〈${name}〉`)
    const whole = /^\{\{\s*([a-zA-Z]\w*)\s*\}\}$/.exec(step.url)?.[1]
    if (whole !== undefined && whole !== 'base') reads.set(whole, `${settings.base}/1`)
  }
  // A header holds plain characters only.
  for (const [name, value] of reads) reads.set(name, value.replace(/[〈〉]/g, '_'))
  return reads
}

function shown(
  step: string,
  request: BuiltRequest,
  secrets: readonly string[],
  { profile }: PublishSettings,
): DryRunStep {
  const mask = (text: string) =>
    secrets
      .flatMap((secret) => [secret, encodeURIComponent(secret)])
      .filter(Boolean)
      .reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
  const { method, url, headers, body, canonical, signature } = request
  const masked = Object.entries(headers).map(([name, value]) => [
    name,
    name.toLowerCase() === 'authorization' ? value.replace(/^(Basic) .*/, `$1 ${MASK}`) : value,
  ])
  const text = body ? new TextDecoder(profile.charset).decode(body) : ''
  return {
    ...{ step, method, url: mask(url), body: mask(text) },
    headers: Object.fromEntries(masked.map(([name = '', value = '']) => [name, mask(value)])),
    ...(canonical === undefined ? {} : { canonical: mask(canonical) }),
    ...(signature === undefined ? {} : { signature }),
  }
}
