/** The last look before a byte leaves: the proof under the signature, and that the dispatch about to go
 *  is word for word the one that was signed. A row forged in the database stops here. */
import { canonical } from '../domain/canonical.ts'
import { isUniform, type Payload } from '../domain/payload.ts'
import type { RefusalCode } from '../domain/refusal.ts'
import type { Manifest, ManifestDispatch } from '../domain/signature.ts'
import { sha256Hex } from '../kit/hash.ts'
import { whyNotAuthorised } from './clearance/verify-authority.ts'
import type { DispatchPapers, RoadKey } from './ports/engine.ts'
import type { Hub } from './ports.ts'

/** A dispatch that was verified: what may be said, and until when. */
export interface Cleared {
  readonly papers: DispatchPapers
  readonly payload: Payload
  readonly uniform: boolean
}

export async function verifyDispatch(
  hub: Hub,
  road: RoadKey,
  dispatchId: number,
): Promise<Cleared | RefusalCode> {
  const papers = await hub.store.engine.papers(road, dispatchId)
  // A paper that is missing, or is not what its hash says, vouches for nothing.
  if (!papers || papers.channelId !== road.channelId) return 'proof-invalid'
  if (!hub.prover.holds(papers.manifest, papers.proofKeyId, papers.proof)) return 'proof-invalid'
  const manifest: Manifest = JSON.parse(papers.manifest)
  // A proof over another kind of paper is a proof as well, and no manifest.
  const line = manifest.dispatches?.[papers.manifestLine]
  if (!line || !isSigned(papers, manifest, line)) return 'proof-invalid'
  const signedHash = line.payloads[road.roadId]
  if (signedHash === undefined || signedHash !== papers.payloadHash) return 'payload-changed'
  if (sha256Hex(papers.payload) !== signedHash) return 'payload-changed'
  // Who is meant may change up to the tolerance; more rows than that were not put there by door 4.
  if (papers.addressed > line.reach + line.tolerance) return 'audience-changed'
  const unauthorised = await whyNotAuthorised(hub, papers, manifest)
  if (unauthorised !== undefined) return unauthorised
  const payload: Payload = JSON.parse(papers.payload)
  return { papers, payload, uniform: isUniform(payload) }
}

function isSigned(papers: DispatchPapers, manifest: Manifest, line: ManifestDispatch): boolean {
  return (
    manifest.agencyId === papers.agencyId &&
    manifest.bulletinId === papers.bulletinId &&
    manifest.revision === papers.revision &&
    manifest.revisionHash === papers.revisionHash &&
    manifest.mode === papers.mode &&
    manifest.signerId === papers.signerId &&
    manifest.clearance === papers.clearance &&
    line.channelId === papers.channelId &&
    line.act === papers.act &&
    line.categoryId === papers.categoryId &&
    line.reach === papers.reach &&
    line.tolerance === papers.tolerance &&
    (line.quietHours === 'hold') === papers.quietHold &&
    canonical(line.audienceRule) === canonical(papers.audienceRule) &&
    Date.parse(line.notBefore) === papers.notBefore.getTime() &&
    Date.parse(line.notAfter) === papers.notAfter.getTime()
  )
}
