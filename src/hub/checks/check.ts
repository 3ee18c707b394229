/** 检查: looks through the newest revision and its files and records what was found. It reads files and
 *  links with no transaction open, and refuses to record anything about a text that changed meanwhile. */
import type { Attachment, RevisionContent } from '../../domain/bulletin.ts'
import { DICTIONARY_VERSION } from '../../domain/checks/dictionary.ts'
import type { FileText } from '../../domain/checks/file-text.ts'
import type { Finding, Found } from '../../domain/checks/finding.ts'
import { type LinkState, linksIn } from '../../domain/checks/links.ts'
import { contentPassages } from '../../domain/checks/passage.ts'
import {
  ALIKE_MIN,
  alikeness,
  essence,
  PRINT_SHINGLES_MIN,
  type Print,
  printOf,
} from '../../domain/checks/prints.ts'
import { type CheckedFile, comparedText, limited, runChecks } from '../../domain/checks/run.ts'
import { dictionaryFinder } from '../../domain/checks/secrecy.ts'
import { type Refusal, Refused } from '../../domain/refusal.ts'
import { dayOf } from '../../domain/year.ts'
import { sha256Hex } from '../../kit/hash.ts'
import { readContent } from '../content.ts'
import { actor } from '../people.ts'
import { BlobDamaged } from '../ports/blobs.ts'
import type { CheckRunFacts, KeptFinding, OwnWord } from '../ports/checks.ts'
import type { BulletinFacts, RevisionFacts } from '../ports/papers.ts'
import type { Hub, Tx } from '../ports.ts'

export interface CheckRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly at: Date
  /** who asked; absent when an edit made it run */
  readonly by?: number
}

export interface Checked {
  readonly revision: number
  readonly hash: string
  readonly dictionaryVersion: string
  /** stops, then asks, then hints */
  readonly findings: readonly KeptFinding[]
}

interface Subject {
  readonly bulletin: BulletinFacts
  readonly latest: RevisionFacts
  readonly content: RevisionContent
  readonly words: readonly OwnWord[]
  readonly seed: number
}

/** @throws Refused `not-found`, or `not-latest-revision` when somebody edited the text meanwhile. */
export async function check(hub: Hub, request: CheckRequest): Promise<Checked> {
  const { agencyId, at } = request
  const subject = await hub.store.transact(agencyId, (tx) => readSubject(tx, request))
  const { content, bulletin } = subject
  const files = await readFiles(hub, agencyId, content.attachments)
  const links = await lookAtLinks(hub, content)
  const found = runChecks({
    ...{ content, categoryId: bulletin.categoryId, day: dayOf(at), files, links },
    dictionary: dictionaryFinder(subject.words),
  })
  const print = printOf(comparedText(content), subject.seed)
  return hub.store.transact(agencyId, (tx) => record(tx, request, subject, { found, print }))
}

async function readSubject(tx: Tx, { bulletinId, by, at }: CheckRequest): Promise<Subject> {
  if (by !== undefined) await actor(tx, by, at)
  const bulletin = await tx.lockBulletin(bulletinId)
  const latest = await tx.latestRevision(bulletinId)
  if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
  const content = await readContent(tx, bulletinId, latest.hash)
  return { bulletin, latest, content, words: await tx.dictionaryWords(), seed: tx.printSeed() }
}

async function readFiles(
  hub: Hub,
  agencyId: number,
  attachments: readonly Attachment[],
): Promise<readonly CheckedFile[]> {
  const reader = hub.documents.together()
  const blobs = hub.blobs(agencyId)
  const files: CheckedFile[] = []
  // One after the other: fifty files of fifty megabytes are not held at once.
  for (const { name, sha256, mediaType } of attachments) {
    const bytes = await bytesOf(() => blobs.read(sha256))
    const file: FileText =
      bytes instanceof Uint8Array ? await reader.read(bytes, mediaType, name) : bytes
    files.push({ name, sha256, file })
  }
  return files
}

async function bytesOf(read: () => Promise<Uint8Array | null>): Promise<Uint8Array | FileText> {
  try {
    return (await read()) ?? { kind: 'unreadable', reason: 'absent' }
  } catch (error) {
    if (error instanceof BlobDamaged) return { kind: 'unreadable', reason: 'damaged' }
    throw error
  }
}

async function lookAtLinks(
  hub: Hub,
  content: RevisionContent,
): Promise<ReadonlyMap<string, LinkState>> {
  const urls = contentPassages(content).flatMap(({ text }) => linksIn(text).map(({ url }) => url))
  return urls.length === 0 ? new Map() : hub.links.look(urls)
}

async function record(
  tx: Tx,
  request: CheckRequest,
  subject: Subject,
  { found, print }: { readonly found: readonly Found[]; readonly print: Print },
): Promise<Checked> {
  const { bulletinId, at, by } = request
  const { latest, words } = subject
  await tx.lockBulletin(bulletinId)
  if ((await tx.latestRevision(bulletinId))?.hash !== latest.hash)
    throw new Refused({ code: 'not-latest-revision' })
  const copies = await findCopies(tx, subject, print, at)
  const { title } = subject.content
  await tx.keepPrint({
    ...{ bulletinId, revision: latest.number, at, print },
    title: essence(title),
  })
  const findings = limited([...found, ...copies]).map((one) => keep(tx, bulletinId, one))
  const count = (severity: Finding['severity']) =>
    findings.filter((one) => one.severity === severity).length
  const counts = { stops: count('stop'), asks: count('ask'), hints: count('hint') }
  const dictionaryVersion = versionOf(words)
  const findingsHash = await tx.keepBody(bulletinId, JSON.stringify({ findings }))
  await tx.addCheckRun({
    ...{ bulletinId, revision: latest.number, hash: latest.hash, dictionaryVersion, at },
    ...{ ...counts, findingsHash, askKeys: askKeysOf(findings) },
    ...(by === undefined ? {} : { by }),
  })
  await tx.audit({
    ...{ at, action: 'check', subject: `bulletin/${bulletinId}` },
    ...(by === undefined ? {} : { actorId: by }),
    facts: { revision: latest.number, hash: latest.hash, dictionaryVersion, ...counts },
  })
  return {
    ...{ revision: latest.number, hash: latest.hash, dictionaryVersion },
    findings: await withAnswers(tx, bulletinId, findings),
  }
}

function askKeysOf(findings: readonly KeptFinding[]): readonly string[] {
  return [...new Set(findings.filter((one) => one.severity === 'ask').map((one) => one.key))]
}

/** The key stands for code, place and matched words; the words themselves are not kept. */
function keep(tx: Tx, bulletinId: number, { matched, ...finding }: Found): KeptFinding {
  const { code, field } = finding
  return { ...finding, key: tx.findingMark(bulletinId, JSON.stringify([code, field, matched])) }
}

function versionOf(words: readonly OwnWord[]): string {
  if (words.length === 0) return DICTIONARY_VERSION
  return `${DICTIONARY_VERSION}+${sha256Hex(JSON.stringify(words)).slice(0, 8)}`
}

const COPY_DAYS = 30
const DAY_MS = 86_400_000
const COPIES_SHOWN_MAX = 3

/** The same title or nearly the same text in the agency within thirty days: 是否重复发布? */
async function findCopies(
  tx: Tx,
  { bulletin, content }: Subject,
  print: Print,
  at: Date,
): Promise<readonly Found[]> {
  if (bulletin.mode !== 'earnest') return []
  const { id: bulletinId } = bulletin
  const since = new Date(at.getTime() - COPY_DAYS * DAY_MS)
  const linked = await tx.linkedTo(bulletinId)
  const earlier = await tx.earlierTexts({ bulletinId, title: essence(content.title), print }, since)
  return earlier
    .filter((one) => one.bulletinId !== linked)
    .flatMap((one): readonly Found[] => {
      const share = print.shingles < PRINT_SHINGLES_MIN ? 0 : alikeness(print, one.print)
      const where = `${dayOf(one.at)} 的第 ${one.bulletinId} 号信息`
      const about = {
        matched: String(one.bulletinId),
        fix: '请确认是否重复发布；更正、续报请关联原信息',
      }
      if (one.sameTitle)
        return [
          {
            ...{ code: 'duplicate-title', severity: 'ask', field: 'title', from: 0 },
            ...{ to: content.title.length, text: `标题与${where}相同`, ...about },
          },
        ]
      if (share <= ALIKE_MIN) return []
      return [
        {
          ...{ code: 'duplicate-text', severity: 'ask', field: 'blocks', from: 0, to: 0 },
          ...{ text: `正文与${where}有 ${Math.floor(share * 100)}% 相同`, ...about },
        },
      ]
    })
    .slice(0, COPIES_SHOWN_MAX)
}

/** Findings of the newest run over this text with the answers given so far; undefined when it was not
 *  checked yet. */
export async function findingsOf(
  tx: Tx,
  bulletinId: number,
  hash: string,
): Promise<(CheckRunFacts & { readonly findings: readonly KeptFinding[] }) | undefined> {
  const run = await tx.checkRun(bulletinId, hash)
  if (!run) return undefined
  const kept: { findings: readonly KeptFinding[] } = JSON.parse(
    await tx.body(bulletinId, run.findingsHash),
  )
  return { ...run, findings: await withAnswers(tx, bulletinId, kept.findings) }
}

/** An answer stands for the same finding in every later revision. */
async function withAnswers(
  tx: Tx,
  bulletinId: number,
  findings: readonly KeptFinding[],
): Promise<readonly KeptFinding[]> {
  const answers = new Map((await tx.checkAnswers(bulletinId)).map((one) => [one.key, one]))
  return findings.map((finding) => {
    const given = answers.get(finding.key)
    if (!given || finding.severity !== 'ask') return finding
    const { by, at, answer } = given
    return { ...finding, answer: { by, at, answer } }
  })
}

/** The gate of review and signature: the text was checked, nothing must be changed, and everything
 *  that asks was answered. */
export async function whyFindingsOpen(
  tx: Tx,
  bulletinId: number,
  revisionHash: string,
): Promise<Refusal | undefined> {
  const run = await tx.checkRun(bulletinId, revisionHash)
  if (!run) return { code: 'not-checked' }
  if (run.stops > 0) return { code: 'findings-open', detail: `${run.stops} 处` }
  const answered = new Set((await tx.checkAnswers(bulletinId)).map(({ key }) => key))
  const open = run.askKeys.filter((key) => !answered.has(key)).length
  return open > 0 ? { code: 'findings-unanswered', detail: `${open} 处` } : undefined
}
