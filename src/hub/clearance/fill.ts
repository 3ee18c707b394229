/** A filled template becomes a bulletin with its first revision, and what it stands on is written down.
 *  It refuses a category that is gone and a filled text that no longer fits. */
import {
  type Level,
  type Mode,
  type RevisionContent,
  whyNotComposable,
} from '../../domain/bulletin.ts'
import type { BlankValues } from '../../domain/clearance/blanks.ts'
import type { PresetChannel, Template } from '../../domain/clearance/template.ts'
import { whyNotFilled } from '../../domain/clearance/template.ts'
import { Refused } from '../../domain/refusal.ts'
import { keepContent } from '../content.ts'
import type { DispatchOrder } from '../manifest.ts'
import type { ClearanceUse, FilledClearance } from '../ports/clearances.ts'
import type { BulletinFacts, RevisionFacts } from '../ports/papers.ts'
import type { Tx } from '../ports.ts'
import { valuesText } from './statements.ts'

export interface Filling {
  readonly clearance: FilledClearance
  readonly preparedTextId: number
  readonly standingOrderId?: number
  readonly messageId?: number
  readonly template: Template
  readonly content: RevisionContent
  readonly values: BlankValues
  readonly reminder?: number
  readonly level: Level
  readonly mode: Mode
  /** who stands for the words: the person who filled them in, or the author of a granted template */
  readonly authorId: number
  readonly filledBy?: number
  readonly occurrenceId?: number
  readonly at: Date
}

export interface Filled {
  readonly bulletin: BulletinFacts
  readonly latest: RevisionFacts
  readonly use: ClearanceUse
}

export async function fillBulletin(tx: Tx, filling: Filling): Promise<Filled> {
  const { template, content, level, mode, authorId, at } = filling
  const { categoryId } = template
  const category = await tx.category(categoryId)
  if (!category) throw new Refused({ code: 'not-found', field: 'category', detail: categoryId })
  const refusal = whyNotFilled(content) ?? whyNotComposable(content, category.requiredFields)
  if (refusal) throw new Refused(refusal)
  const { title } = content
  const id = await tx.newBulletin({ categoryId, mode, level, at, origin: 'hub', title, authorId })
  const hash = await keepContent(tx, { id, categoryId, mode, level }, 1, content)
  await tx.addRevision({ bulletinId: id, number: 1, hash, authorId, at, content })
  const valuesHash = await tx.keepBody(id, valuesText(filling.values, filling.reminder))
  const use = useOf(filling, id, hash, valuesHash)
  await tx.addClearanceUse(use)
  await tx.audit({
    ...{ at, action: 'fill', subject: `bulletin/${id}` },
    ...(filling.filledBy === undefined ? {} : { actorId: filling.filledBy }),
    facts: { clearance: use.clearance, preparedTextId: use.preparedTextId, hash, valuesHash },
  })
  const bulletin = { id, categoryId, mode, level, title, authorId, stopped: false }
  return { bulletin, latest: { number: 1, hash, authorId }, use }
}

function useOf(
  filling: Filling,
  bulletinId: number,
  hash: string,
  valuesHash: string,
): ClearanceUse {
  const { clearance, preparedTextId, standingOrderId, messageId, filledBy, occurrenceId, at } =
    filling
  return {
    ...{ bulletinId, clearance, preparedTextId, hash, valuesHash, at },
    ...(standingOrderId === undefined ? {} : { standingOrderId }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(filledBy === undefined ? {} : { filledBy }),
    ...(occurrenceId === undefined ? {} : { occurrenceId }),
  }
}

/** What goes out as it was preset: new on a place, told to recipients. */
export async function presetOrders(
  tx: Tx,
  channels: readonly PresetChannel[],
  more: Pick<DispatchOrder, 'notAfter'> = {},
): Promise<readonly DispatchOrder[]> {
  const orders: DispatchOrder[] = []
  for (const { channelId, audiences, throughQuietHours } of channels) {
    const channel = await tx.channel(channelId)
    if (!channel) throw new Refused({ code: 'not-found', field: 'channel', detail: channelId })
    const isPlace = channel.addressing === 'place'
    orders.push({
      ...{ channelId, act: isPlace ? 'publish' : 'notify', audiences, ...more },
      ...(throughQuietHours ? { throughQuietHours } : {}),
    })
  }
  return orders
}
