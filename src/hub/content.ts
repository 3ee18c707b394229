/** A revision's text as it is kept: written and read in one place, so that its hash means one thing. */
import { type Level, type Mode, type RevisionContent, revisionSubject } from '../domain/bulletin.ts'
import { canonical } from '../domain/canonical.ts'
import type { Tx } from './ports.ts'

interface Place {
  readonly id: number
  readonly categoryId: string
  readonly mode: Mode
  readonly level: Level
}

export async function keepContent(
  tx: Tx,
  bulletin: Place,
  revision: number,
  content: RevisionContent,
): Promise<string> {
  const { id: bulletinId, categoryId, mode, level } = bulletin
  const place = { agencyId: tx.agencyId, bulletinId, revision, categoryId, mode, level }
  return tx.keepBody(bulletinId, canonical(revisionSubject(place, content)))
}

export async function readContent(
  tx: Tx,
  bulletinId: number,
  hash: string,
): Promise<RevisionContent> {
  const kept: { content: RevisionContent } = JSON.parse(await tx.body(bulletinId, hash))
  return kept.content
}
