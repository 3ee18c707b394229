/** 一键遮盖: replaces what chosen findings point at by what they offer, as a new revision of whoever
 *  clicked. It refuses findings without a replacement and texts that are not the newest. */
import type { RevisionContent } from '../../domain/bulletin.ts'
import { withText } from '../../domain/checks/passage.ts'
import { Refused } from '../../domain/refusal.ts'
import { type ComposedAndChecked, revise } from '../compose.ts'
import { readContent } from '../content.ts'
import type { KeptFinding } from '../ports/checks.ts'
import type { Hub } from '../ports.ts'
import { findingsOf } from './check.ts'

export interface MaskRequest {
  readonly agencyId: number
  readonly bulletinId: number
  readonly seenHash: string
  readonly findingKeys: readonly string[]
  /** the drafter who becomes the author of the new revision */
  readonly by: number
  readonly at: Date
}

/** @throws Refused */
export async function mask(hub: Hub, request: MaskRequest): Promise<ComposedAndChecked> {
  const { agencyId, bulletinId, seenHash, by, at } = request
  const content = await hub.store.transact(agencyId, async (tx) => {
    const latest = await tx.latestRevision(bulletinId)
    if (!latest) throw new Refused({ code: 'not-found', field: 'bulletin' })
    if (latest.hash !== seenHash) throw new Refused({ code: 'not-latest-revision' })
    const checked = await findingsOf(tx, bulletinId, seenHash)
    if (!checked) throw new Refused({ code: 'not-checked' })
    const chosen = chosenOf(checked.findings, request.findingKeys)
    return applied(await readContent(tx, bulletinId, seenHash), chosen)
  })
  return revise(hub, { agencyId, bulletinId, seenHash, authorId: by, at, content })
}

type Replacing = KeptFinding & { readonly replacement: string }

function chosenOf(findings: readonly KeptFinding[], keys: readonly string[]): readonly Replacing[] {
  const wanted = new Set(keys)
  const chosen = findings.filter((one) => wanted.has(one.key))
  const known = new Set(chosen.map((one) => one.key))
  if (wanted.size === 0 || known.size < wanted.size)
    throw new Refused({ code: 'not-found', field: 'finding' })
  return chosen.map(({ replacement, ...finding }) => {
    if (replacement === undefined)
      throw new Refused({ code: 'value-not-allowed', field: finding.field, detail: finding.fix })
    return { ...finding, replacement }
  })
}

/** From the end of each text to its beginning, so that offsets stay true; where two overlap, the one
 *  that begins later has gone first and the other is left for the next check. */
function applied(content: RevisionContent, chosen: readonly Replacing[]): RevisionContent {
  const byField = Map.groupBy(chosen, (one) => one.field)
  let changed = content
  for (const [field, findings] of byField) {
    const next = withText(changed, field, (text) => replaced(text, findings))
    if (!next) throw new Refused({ code: 'value-not-allowed', field })
    changed = next
  }
  return changed
}

function replaced(text: string, findings: readonly Replacing[]): string {
  let result = text
  let end = text.length
  for (const { from, to, replacement } of findings.toSorted((a, b) => b.from - a.from)) {
    if (to > end) continue
    result = result.slice(0, from) + replacement + result.slice(to)
    end = from
  }
  return result
}
