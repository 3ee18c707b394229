/** A small year of a bureau's portal: what the pages are looked at with, by browsers and by people. */
import type { RenderInput } from '../../channels/channel.ts'
import { type Item, NOW, type Seeded } from './seeded.ts'

export interface Story {
  readonly warning: Item
  readonly full: Item
  readonly corrected: Item
  readonly withdrawn: Item
  readonly stopped: Item
  readonly exercise: Item
}

const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADAgH/l0kq8gAAAABJRU5ErkJggg==',
  'base64',
)

export async function tellStory(seeded: Seeded): Promise<Story> {
  await many(seeded)
  const story = {
    warning: await seeded.bulletin({ categoryId: 'warning', level: 'orange' }),
    full: await seeded.bulletin({ categoryId: 'hazard-list' }),
    corrected: await seeded.bulletin({ categoryId: 'penalty' }),
    withdrawn: await seeded.bulletin({ categoryId: 'exposure' }),
    stopped: await seeded.bulletin(),
    exercise: await seeded.bulletin({ mode: 'exercise', categoryId: 'warning', level: 'red' }),
  }
  await seeded.send(story.warning, WARNING, hours(1))
  await seeded.send(story.full, await fullItem(seeded), hours(3))
  await seeded.send(story.corrected, PENALTY, hours(50))
  const reason = '处罚金额“2万元”系笔误，更正为“1万元”。'
  await seeded.send(story.corrected, { ...PENALTY, act: 'amend', reason }, hours(2))
  await seeded.send(story.withdrawn, { title: '违法行为曝光：某公司' }, hours(30))
  const annulled = '所依据的行政处罚决定已于2026年11月20日依法撤销。'
  await seeded.send(story.withdrawn, { act: 'withdraw', reason: annulled }, hours(4))
  await seeded.send(story.stopped, {}, hours(5))
  await seeded.stop(story.stopped)
  await seeded.send(story.exercise, { ...WARNING, mode: 'exercise', level: 'red' }, hours(6))
  return story
}

function hours(before: number): Date {
  return new Date(NOW.getTime() - before * 3_600_000)
}

async function many(seeded: Seeded): Promise<void> {
  for (let index = 0; index < 45; index++) {
    const item = await seeded.bulletin({ categoryId: index % 3 === 0 ? 'work-news' : 'notice' })
    await seeded.send(
      item,
      { title: `第${index + 1}期安全生产工作情况通报` },
      hours(100 + index * 300),
    )
  }
}

const WARNING: Partial<RenderInput> = {
  title: '台风橙色预警信号（转发桐乡市气象台）',
  level: 'orange',
  blocks: [
    {
      kind: 'quote',
      text: '桐乡市气象台2026年11月24日08时30分发布台风橙色预警信号：预计今天夜里起全市平均风力可达8～9级，阵风10～11级，请加强防御。',
      source: '桐乡市气象台',
      issuedAt: '2026-11-24 08:30',
    },
    { kind: 'paragraph', text: '安全提醒：请各企业停止高空和露天作业，检查临时用电、塔吊和围挡。' },
  ],
}

const PENALTY: Partial<RenderInput> = {
  title: '桐乡市某化工有限公司未按规定设置安全警示标志案',
  blocks: [
    { kind: 'paragraph', text: '当事人未在有较大危险因素的生产经营场所设置明显的安全警示标志。' },
    { kind: 'heading', level: 2, text: '处罚决定' },
    { kind: 'paragraph', text: '责令限期改正，处人民币1万元罚款。' },
  ],
}

async function fullItem(seeded: Seeded): Promise<Partial<RenderInput>> {
  const blobs = seeded.blobs(seeded.own)
  const file = await blobs.put({
    content: Buffer.alloc(184_320, 'list'),
    mediaType: 'application/pdf',
    at: NOW,
  })
  const picture = await blobs.put({ content: PICTURE, mediaType: 'image/png', at: NOW })
  const name = '2026年安全生产隐患挂牌整治单位名单.pdf'
  return {
    title: '关于公布2026年度桐乡市级安全生产隐患挂牌整治单位名单的通知',
    blocks: [
      { kind: 'paragraph', text: '各镇人民政府、街道办事处，市级有关部门，各有关单位：' },
      {
        kind: 'paragraph',
        text: '为进一步落实企业安全生产主体责任，有效防范和遏制生产安全事故，经研究决定，对下列存在重大事故隐患的单位实行挂牌督办，现将名单予以公布，请按期完成整治。',
      },
      { kind: 'heading', level: 2, text: '一、整治要求' },
      { kind: 'list', ordered: true, items: ['明确责任人和整改时限', '落实整改资金和应急措施'] },
      {
        kind: 'table',
        header: ['阶段', '时间', '内容', '责任单位', '联系方式', '备注'],
        rows: [['自查', '11月底前', '逐项排查隐患', '挂牌单位', '见附件', '每周报送']],
      },
      { kind: 'picture', sha256: picture.sha256, alt: '整治流程图' },
    ],
    attachments: [{ sha256: file.sha256, name, mediaType: file.mediaType, bytes: file.bytes }],
    metadata: {
      documentNumber: '桐应急〔2026〕18号',
      formedOn: '2026-11-18',
      disclosureMode: 'proactive',
      disclosurePeriod: '常年公开',
      audienceScope: '全社会',
      section: '安全生产基础科',
      subjectClass: '安全生产监管',
      genreClass: '通知',
      validity: '有效',
      keywords: ['隐患', '挂牌督办'],
      contact: '0573-88000000',
    },
    entries: ['甲', '乙', '丙'].map((unit) => ({
      unit: `桐乡市${unit}示例有限公司`,
      level: 'county' as const,
      detail: '未建立隐患排查治理台账，消防通道堵塞',
    })),
  }
}
