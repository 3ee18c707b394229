/** `duoling demo`: in a temporary database of its own, two bulletins walk to every channel and the year
 *  2018 is walked and counted. Nothing is left behind. */
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DeliveryState } from '../domain/delivery.ts'
import type { YearTotals } from '../domain/totals.ts'
import { dayOf, minuteOf } from '../domain/year.ts'
import { countYear } from '../hub/count.ts'
import { EnvironmentFault } from '../kit/environment-fault.ts'
import { readYear2018 } from '../simulator/year-2018.ts'
import { removeEmbedded } from '../store/embedded.ts'
import type { BulletinProgress } from '../store/progress.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { type DemoPeople, typhoonRelay, violationExposure, walkBulletin } from './demo-walk.ts'
import { type Installation, openInstallation, personNamed } from './installation.ts'
import { type Bars, bars } from './progress-bars.ts'
import { table } from './table.ts'
import { totalsText } from './totals.ts'
import { walkYear } from './walk-year.ts'

export const demo: Verb = {
  name: 'demo',
  summary: '用临时数据库演示：一条预警、一条曝光、2018 年全年统计',
  usage: '[--json]',
  options: {},
  async run({ json }) {
    const folder = await mkdtemp(join(tmpdir(), 'duoling-demo-'))
    // As root the database runs as somebody else, who must be able to pass through.
    await chmod(folder, 0o711)
    try {
      const installation = await openInstallation({
        environment: { DUOLING_DATA: folder, DUOLING_PORT: '0' },
        cwd: folder,
        simulate: true,
      })
      try {
        await Promise.race([show(installation, json), interrupted()])
      } finally {
        await installation.close()
      }
    } finally {
      // Where the server never came up there is nothing to remove.
      await removeEmbedded(folder).catch(() => {})
      await rm(folder, { recursive: true, force: true })
    }
    return EXIT.ok
  },
}

/** Ctrl+C leaves nothing behind either: the way out is the same. */
function interrupted(): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new EnvironmentFault({ what: '演示已中断', next: '再运行一次即可' }))
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  })
}

async function show(installation: Installation, json: boolean): Promise<void> {
  const { app, agencyId } = installation
  const say = json ? () => {} : print
  const people: DemoPeople = {
    drafter: await personNamed(app, agencyId, '沈文书'),
    reviewer: await personNamed(app, agencyId, '陆保密'),
    leader: await personNamed(app, agencyId, '钱局长'),
  }
  say('练习模式：渠道都连着本机的模拟端，什么也不会真正发出去。\n')
  const at = tenToday(installation.now())
  const bulletins: BulletinProgress[] = []
  for (const bulletin of [typhoonRelay(minuteOf(at)), violationExposure()]) {
    const drawing = bars(!json && process.stdout.isTTY)
    let last: BulletinProgress | undefined
    await walkBulletin(installation, people, bulletin, at, {
      composed: (id, title) => say(`沈文书拟稿    ${title}（信息 ${id}）`),
      reviewed: () => say('陆保密审查    同意公开'),
      signed: (count) => say(`钱局长签发    ${count} 个渠道，签发即分发`),
      progress(progress) {
        last = progress
        drawing.draw(progress)
      },
    })
    drawing.end()
    if (!last) throw new Error('the demo bulletin has no progress')
    bulletins.push(last)
    say(`${deliveryTable(last)}\n`)
  }
  const year = await walk2018(installation, people, json ? undefined : bars(process.stdout.isTTY))
  if (json) printJson({ bulletins: bulletins.map(plain), year2018: year })
  else say(`${totalsText(year)}\n\n${NEXT}`)
}

/** Ten in the morning of today at the bureau, so that no quiet hour stands in the way of a demo. */
function tenToday(now: Date): Date {
  return new Date(`${dayOf(now)}T10:00:00+08:00`)
}

async function walk2018(
  { app, agencyId }: Installation,
  people: DemoPeople,
  drawing: Bars | undefined,
): Promise<YearTotals> {
  await walkYear(
    {
      ...{ hub: app.hub, pump: app.pump, agencyId },
      ...{ drafterId: people.drafter, reviewerId: people.reviewer, leaderId: people.leader },
      progress: (done, total) => drawing?.line('2018 年', done, total),
    },
    readYear2018(),
  )
  drawing?.end()
  return countYear(app.hub, agencyId, 2018)
}

function plain({ title, publications }: BulletinProgress) {
  return {
    title,
    publications: publications.map(({ channel, addressing, state, url, deliveries }) => ({
      ...{ channel, addressing, state, url, deliveries },
    })),
  }
}

const STATE_NAMES: Readonly<Record<string, string>> = {
  published: '已发布',
  sent: '已发送',
  awaiting: '待人工',
  sending: '发送中',
  held: '暂缓',
  unsure: '待核',
  failed: '未成功',
  stopped: '已停发',
  withdrawn: '已撤下',
  corrected: '已更正',
  'not-signed': '未签发',
}
const SHOWN: readonly DeliveryState[] = ['delivered', 'accepted', 'awaiting', 'waiting', 'failed']

function deliveryTable({ publications }: BulletinProgress): string {
  return table(
    ['渠道', '状态', '送达', '已接受', '待人工', '待发', '未成功', '链接'],
    publications.map((one) => [
      one.name,
      STATE_NAMES[one.state] ?? one.state,
      ...SHOWN.map((state) => one.deliveries[state] ?? 0),
      one.url ?? '',
    ]),
  )
}

const NEXT = [
  '接下来可以试试：',
  '  npm start                                               启动服务，打开打印出的链接',
  '  npx --no-install duoling totals --year 2018             看自己的统计',
  '  npx --no-install duoling import postings 台账.csv --check  检查往年的台账',
  '  npx --no-install duoling tasks                          看人工代发的待办',
].join('\n')
