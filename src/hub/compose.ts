/** Door 1, 拟稿: text becomes a bulletin and its first revision; each edit is a new revision.
 *  It refuses missing fields, texts over their limits and an edit by whoever returned the text. */
import {
  type Level,
  type Mode,
  type RevisionContent,
  whyNotComposable,
} from '../domain/bulletin.ts'
import { Refused } from '../domain/refusal.ts'
import { may } from '../domain/role.ts'
import { check } from './checks/check.ts'
import { keepContent } from './content.ts'
import { actor } from './people.ts'
import type { KeptFinding } from './ports/checks.ts'
import type { AuditEntry, LinkKind } from './ports/papers.ts'
import type { Hub, Tx } from './ports.ts'

export interface Draft {
  readonly agencyId: number
  readonly authorId: number
  readonly at: Date
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
  readonly content: RevisionContent
  /** 更正、变更、解除、转发旧文: a linked bulletin counts on its own */
  readonly linked?: { readonly to: number; readonly kind: LinkKind }
}

export interface Composed {
  readonly bulletinId: number
  readonly revision: number
  /** what reviewer and leader name when they act on this text */
  readonly hash: string
}

export interface ComposedAndChecked extends Composed {
  readonly findings: readonly KeptFinding[]
  /** false when somebody edited the text before it was checked: the newer text brings its own check */
  readonly checked: boolean
}

/** The text stands once its own transaction committed; whatever happens to the check afterwards, the
 *  text is there and stays unchecked until a check is run again. */
export async function compose(hub: Hub, draft: Draft): Promise<ComposedAndChecked> {
  return withFindings(hub, draft, await writeDraft(hub, draft))
}

async function withFindings(
  hub: Hub,
  { agencyId, at }: { readonly agencyId: number; readonly at: Date },
  composed: Composed,
): Promise<ComposedAndChecked> {
  const { bulletinId, hash } = composed
  try {
    const checked = await check(hub, { agencyId, bulletinId, at })
    if (checked.hash === hash) return { ...composed, findings: checked.findings, checked: true }
  } catch (error) {
    if (!(error instanceof Refused) || error.refusal.code !== 'not-latest-revision') throw error
  }
  return { ...composed, findings: [], checked: false }
}

function writeDraft(hub: Hub, draft: Draft): Promise<Composed> {
  return hub.store.transact(draft.agencyId, (tx) => composeHere(tx, draft))
}

/** The text inside somebody else's transaction, such as an occurrence's; it is not checked yet. */
export async function composeHere(
  tx: Tx,
  draft: Omit<Draft, 'agencyId'>,
  facts: AuditEntry['facts'] = {},
): Promise<Composed> {
  const { content, categoryId, mode, level, at } = draft
  const author = await actor(tx, draft.authorId, at)
  if (!may(author, 'drafter')) throw new Refused({ code: 'not-allowed' })
  await checkContent(tx, categoryId, content)
  if (draft.linked && !(await tx.lockBulletin(draft.linked.to)))
    throw new Refused({ code: 'not-found', field: 'linked' })
  const bulletinId = await tx.newBulletin({
    ...{ categoryId, mode, level, at, origin: 'hub', title: content.title, authorId: author.id },
    ...(draft.linked ? { linked: draft.linked } : {}),
  })
  const hash = await keepContent(tx, { id: bulletinId, categoryId, mode, level }, 1, content)
  await tx.addRevision({ bulletinId, number: 1, hash, authorId: author.id, at, content })
  await tx.audit({
    ...{ at, actorId: author.id, action: 'compose', subject: `bulletin/${bulletinId}` },
    facts: { revision: 1, hash, ...facts },
  })
  return { bulletinId, revision: 1, hash }
}

export interface Edit {
  readonly agencyId: number
  readonly bulletinId: number
  readonly authorId: number
  readonly at: Date
  /** the hash the author edited; another edit in between is refused instead of overwritten */
  readonly seenHash: string
  readonly content: RevisionContent
}

/** Every opinion and signature on the older text stops being about the newest one. */
export async function revise(hub: Hub, edit: Edit): Promise<ComposedAndChecked> {
  return withFindings(hub, edit, await writeEdit(hub, edit))
}

function writeEdit(hub: Hub, edit: Edit): Promise<Composed> {
  return hub.store.transact(edit.agencyId, async (tx) => {
    const { bulletinId, content, at } = edit
    const author = await actor(tx, edit.authorId, at)
    if (!may(author, 'drafter')) throw new Refused({ code: 'not-allowed' })
    const bulletin = await tx.lockBulletin(bulletinId)
    const latest = await tx.latestRevision(bulletinId)
    if (!bulletin || !latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
    if (bulletin.stopped) throw new Refused({ code: 'stopped' })
    const returns = await tx.returns(bulletinId)
    if (returns.some((one) => one.by === author.id))
      throw new Refused({ code: 'returner-may-not-edit' })
    if (latest.hash !== edit.seenHash) throw new Refused({ code: 'not-latest-revision' })
    await checkContent(tx, bulletin.categoryId, content)
    const number = latest.number + 1
    const hash = await keepContent(tx, bulletin, number, content)
    await tx.addRevision({ bulletinId, number, hash, authorId: author.id, at, content })
    await tx.audit({
      ...{ at, actorId: author.id, action: 'revise', subject: `bulletin/${bulletinId}` },
      facts: { revision: number, hash },
    })
    return { bulletinId, revision: number, hash }
  })
}

async function checkContent(tx: Tx, categoryId: string, content: RevisionContent): Promise<void> {
  const category = await tx.category(categoryId)
  if (!category) throw new Refused({ code: 'not-found', field: 'category', detail: categoryId })
  const refusal = whyNotComposable(content, category.requiredFields)
  if (refusal) throw new Refused(refusal)
}
