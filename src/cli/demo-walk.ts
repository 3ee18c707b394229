/** The two bulletins of the demo, each written, reviewed and signed by three different people and sent
 *  over every channel there is. */
import type { Level, RevisionContent } from '../domain/bulletin.ts'
import type { DeliveryState } from '../domain/delivery.ts'
import { compose } from '../hub/compose.ts'
import { confirmByHand } from '../hub/confirm.ts'
import { handIn } from '../hub/hand-in.ts'
import type { DispatchOrder } from '../hub/manifest.ts'
import type { ChannelFacts } from '../hub/ports/people.ts'
import { review } from '../hub/review.ts'
import { sign } from '../hub/sign.ts'
import { type BulletinProgress, bulletinProgress } from '../store/progress.ts'
import type { Installation } from './installation.ts'

export interface DemoPeople {
  readonly drafter: number
  readonly reviewer: number
  readonly leader: number
}

interface DemoBulletin {
  readonly categoryId: string
  readonly level: Level
  readonly content: RevisionContent
}

const MINUTE_MS = 60_000
const TASKS_MAX = 1_000

/** A relay: the station's words unaltered, our own reminder beside them. */
export function typhoonRelay(issuedAt: string): DemoBulletin {
  return {
    ...{ categoryId: 'warning', level: 'orange' },
    content: {
      title: '转发台风橙色预警信号：请各企业立即落实防台措施',
      blocks: [
        {
          ...{ kind: 'quote', source: '桐乡市气象台', issuedAt },
          text: '受台风影响，预计未来12小时内我市平均风力可达10级以上，阵风12级，并伴有暴雨。请注意防范。',
        },
        {
          kind: 'paragraph',
          text: '安全提醒：危险化学品企业停止装卸作业，加固储罐区和高处设施；停止室外动火、登高作业；检查应急电源和排水设施，落实24小时值班。',
        },
      ],
      ...{ attachments: [], metadata: { source: '桐乡市气象台' }, entries: [] },
    },
  }
}

export function violationExposure(): DemoBulletin {
  return {
    ...{ categoryId: 'penalty', level: 'routine' },
    content: {
      title: '青圩垚岑皮革有限公司未按规定对从业人员进行安全生产教育和培训案',
      blocks: [
        {
          kind: 'paragraph',
          text: '执法人员检查发现，该公司三名新进员工未经安全生产教育和培训即上岗作业，违反《中华人民共和国安全生产法》第二十八条第一款。',
        },
        {
          kind: 'paragraph',
          text: '依据《中华人民共和国安全生产法》第九十七条第三项，责令限期改正，处罚款人民币二万元。当事人已按期整改。',
        },
      ],
      attachments: [],
      metadata: { documentNumber: '桐应急罚〔2018〕7号', section: '执法科', genreClass: '决定' },
      entries: [],
    },
  }
}

/** Every channel: a place publishes, the others tell all four audiences. */
export function ordersFor(channels: readonly ChannelFacts[]): readonly DispatchOrder[] {
  const audiences = ['fireworks-retail', 'hazardous-chemicals', 'major-hazard', 'media']
  return channels.map((channel) =>
    channel.addressing === 'place'
      ? { channelId: channel.id, act: 'publish' }
      : { channelId: channel.id, act: 'notify', audiences },
  )
}

export interface WalkTold {
  composed(bulletinId: number, title: string): void
  reviewed(): void
  signed(dispatches: number): void
  progress(progress: BulletinProgress): void
}

/** Answers the bulletin's id once everything is sent and confirmed. */
export async function walkBulletin(
  { app, agencyId }: Installation,
  people: DemoPeople,
  bulletin: DemoBulletin,
  at: Date,
  told: WalkTold,
): Promise<number> {
  const { hub } = app
  const { title } = bulletin.content
  const earlier = (minutes: number) => new Date(at.getTime() - minutes * MINUTE_MS)
  const composed = await compose(hub, {
    ...{ agencyId, authorId: people.drafter, at: earlier(15), mode: 'earnest', ...bulletin },
  })
  const { bulletinId, hash: seenHash } = composed
  told.composed(bulletinId, title)
  await handIn(hub, {
    ...{ agencyId, bulletinId, seenHash, submittedBy: people.drafter, at: earlier(10) },
    answer: '演示：已核对',
  })
  await review(hub, {
    ...{ agencyId, bulletinId, seenHash, at: earlier(5) },
    ...{ reviewerId: people.reviewer, opinion: 'public' },
  })
  told.reviewed()
  const channels = await hub.store.transact(agencyId, (tx) => tx.channels())
  const orders = ordersFor(channels)
  await sign(hub, { agencyId, bulletinId, seenHash, at, orders, signerId: people.leader })
  told.signed(orders.length)
  const tell = async () => told.progress(await progressOf({ app, agencyId }, bulletinId))
  const ticker = setInterval(() => void tell().catch(() => {}), 100)
  try {
    await app.pump.drain(() => at, { agencyId })
    await confirmAll({ app, agencyId }, bulletinId, people.drafter, at, tell)
  } finally {
    clearInterval(ticker)
  }
  await tell()
  return bulletinId
}

type Place = Pick<Installation, 'app' | 'agencyId'>

export function progressOf({ app, agencyId }: Place, bulletinId: number) {
  return bulletinProgress(app.connection.db, agencyId, bulletinId)
}

/** What people do after work arrives on their list: post, copy the link, confirm; a range at a time. */
async function confirmAll(
  { app, agencyId }: Place,
  bulletinId: number,
  by: number,
  at: Date,
  tell: () => Promise<void>,
): Promise<void> {
  const tasks = await app.hub.store.transact(agencyId, (tx) =>
    tx.openTasks({ bulletinId, limit: TASKS_MAX }),
  )
  for (const [channelId, mine] of Map.groupBy(tasks, (task) => task.channelId)) {
    await confirmByHand(app.hub, {
      ...{ agencyId, by, at, taskIds: mine.map((task) => task.id) },
      url: `https://${channelId}.example/${bulletinId}.html`,
    })
    await tell()
  }
}

/** Deliveries that need nobody any more. */
export function doneOf(deliveries: Partial<Record<DeliveryState, number>>): number {
  return (deliveries.accepted ?? 0) + (deliveries.delivered ?? 0) + (deliveries.failed ?? 0)
}
