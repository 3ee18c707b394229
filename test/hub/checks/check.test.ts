/** The check of a revision with its files: twenty planted faults, the gate, answers and masking. */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Attachment } from '../../../src/domain/bulletin.ts'
import { answer } from '../../../src/hub/checks/answer.ts'
import { check, whyFindingsOpen } from '../../../src/hub/checks/check.ts'
import { mask } from '../../../src/hub/checks/mask.ts'
import { type ComposedAndChecked, compose, revise } from '../../../src/hub/compose.ts'
import {
  type Bureau,
  foundBureau,
  MORNING,
  openTestHub,
  type PersonName,
  text,
} from '../../support/bureau.ts'
import { cardOf, identityOf } from '../../support/checking.ts'
import { createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { docx, inline, paragraph, run, xlsx } from '../../support/office.ts'

const ID = identityOf('330483', '19900101', '001')
const CARD = cardOf('621700152000123456')

const files = new Map<string, Uint8Array>()
const looked: string[][] = []
let database: TestDatabase
let bureau: Bureau
beforeAll(async () => {
  database = await createTestDatabase()
  const links = {
    look: async (urls: readonly string[]) => {
      looked.push([...urls])
      return new Map(urls.map((url) => [url, { kind: 'dead', why: '网站答复 404' }] as const))
    },
  }
  bureau = await foundBureau(openTestHub(database.hubUrl, { files, links }))
})
afterAll(async () => {
  await bureau.test.close()
  await database.drop()
})

function attach(name: string, bytes: Uint8Array): Attachment {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  files.set(sha256, bytes)
  return { sha256, name, mediaType: 'application/octet-stream', bytes: bytes.length }
}

let drafts = 0
function draft(words: string, more: Parameters<typeof text>[1] = {}, categoryId = 'notice') {
  drafts += 1
  return compose(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, authorId: bureau.id('沈文书'), at: MORNING, categoryId },
    ...{ mode: 'earnest', level: 'routine' },
    content: text(`通知之${drafts}`, { blocks: [{ kind: 'paragraph', text: words }], ...more }),
  })
}

const gate = ({ bulletinId, hash }: ComposedAndChecked) =>
  bureau.test.hub.store.transact(bureau.agencyId, (tx) => whyFindingsOpen(tx, bulletinId, hash))
const answerAs = (
  name: PersonName,
  { bulletinId, hash }: ComposedAndChecked,
  findingKey: string,
  words = '经核对无误',
) =>
  answer(bureau.test.hub, {
    ...{ agencyId: bureau.agencyId, bulletinId, seenHash: hash, findingKey, answer: words },
    ...{ by: bureau.id(name), at: MORNING },
  })
const edit = ({ bulletinId, hash }: ComposedAndChecked, words: string) =>
  revise(bureau.test.hub, {
    ...{
      agencyId: bureau.agencyId,
      bulletinId,
      seenHash: hash,
      authorId: bureau.id('沈文书'),
      at: MORNING,
    },
    content: text('修改稿', { blocks: [{ kind: 'paragraph', text: words }] }),
  })
const asks = (composed: ComposedAndChecked) =>
  composed.findings.filter((one) => one.severity === 'ask').map((one) => one.key)

/** One file a planted place: what is written there, and what must be said. */
const WORD = docx(
  [
    paragraph(run('本件为内部资料')),
    paragraph(run(`当事人身份证号${ID}`)),
    paragraph(run('联系手机 138 0000 1234')),
    paragraph(run(`卡号${CARD}`)),
    paragraph(run('缴款账号：330483010400012345')),
    paragraph(run('住址：桐乡市梧桐街道百花社区5幢201室')),
    paragraph(run('雇用王某，15岁')),
    paragraph(run('李某被诊断患有尘肺')),
    paragraph(run('台湾总统')),
    paragraph(run('三管三必需')),
    paragraph(run('市安监局')),
    paragraph(run('2026年11月25日（星期二）')),
    paragraph(run('2026年2月30日')),
    paragraph(run('上午15时')),
    paragraph(run('桐应急罚[2026]第05号')),
    paragraph(run('看不见', '<w:rPr><w:vanish/></w:rPr>')),
    paragraph(`<w:del><w:r><w:delText>删去的话</w:delText></w:r></w:del>`),
    paragraph(run('藏\u200b字')),
  ].join(''),
  {
    author: '沈某',
    comments: `<w:comment w:author="王">${paragraph(run('电话13900001234'))}</w:comment>`,
  },
)
const PLANTED: readonly (readonly [code: string, place: string])[] = [
  ['secrecy-mark', '正文第1段'],
  ['identity-number', '正文第2段'],
  ['mobile-number', '正文第3段'],
  ['bank-card', '正文第4段'],
  ['bank-account', '正文第5段'],
  ['home-address', '正文第6段'],
  ['minor', '正文第7段'],
  ['health', '正文第8段'],
  ['sensitive-word', '正文第9段'],
  ['wrong-word', '正文第10段'],
  ['former-organisation', '正文第11段'],
  ['weekday-wrong', '正文第12段'],
  ['impossible-date', '正文第13段'],
  ['impossible-time', '正文第14段'],
  ['document-number', '正文第15段'],
  ['file-hidden', '正文第16段的隐藏文字'],
  ['file-change', '正文第17段的修订（删除）'],
  ['hidden-character', '正文第18段'],
  ['file-author', '作者'],
  ['file-comment', '批注1'],
  ['mobile-number', '批注1'],
]

it('finds every one of twenty-one faults planted in a file, and repeats no number', async () => {
  const attachment = attach('处罚决定.docx', WORD)
  const composed = await draft('见附件', { attachments: [attachment] }, 'penalty')
  expect(composed.checked).toBe(true)
  const found = composed.findings.map((one) => `${one.code} ${one.field}`)
  expect(found).toEqual(
    expect.arrayContaining(PLANTED.map(([code, place]) => `${code} 附件 处罚决定.docx › ${place}`)),
  )
  const words = composed.findings.map(({ field, text, fix, replacement }) => [
    field,
    text,
    fix,
    replacement,
  ])
  expect(JSON.stringify(words)).not.toMatch(/\d{12}|13800001234|13900001234/)
  expect(await gate(composed)).toMatchObject({ code: 'findings-open' })
})

it('reads a hidden sheet, and says what it could not read or find', async () => {
  const book = xlsx([{ name: '底稿', state: 'hidden', rows: `<row>${inline('A1', ID)}</row>` }])
  const absent = { ...attach('没有.pdf', new Uint8Array([1])), sha256: '0'.repeat(64) }
  const broken = attach('坏.pdf', new Uint8Array([0x25, 0x50, 0x44, 0x46, 0x2d, 1]))
  const composed = await draft('见附件', {
    attachments: [attach('名单.xlsx', book), absent, broken],
  })
  const said = composed.findings.map(({ code, field }) => `${code} ${field}`)
  expect(said).toEqual(
    expect.arrayContaining([
      ...['identity-number 附件 名单.xlsx › 底稿!A1', 'file-unreadable 附件 没有.pdf'],
      ...['file-unreadable 附件 坏.pdf', 'file-hidden 附件 名单.xlsx › 工作表“底稿”的名称'],
    ]),
  )
})

it('looks at links and asks about dead ones', async () => {
  const composed = await draft('见 http://gov.example/a 。')
  expect(looked.at(-1)).toEqual(['http://gov.example/a'])
  expect(composed.findings.map((one) => one.code)).toContain('dead-link')
})

it('a text that asks passes once each question was answered, by a drafter or a reviewer', async () => {
  const composed = await draft('值班电话13800001234，确保零风险')
  const [first = '', second = ''] = asks(composed)
  expect(asks(composed)).toHaveLength(2)
  expect(await gate(composed)).toMatchObject({ code: 'findings-unanswered', detail: '2 处' })
  await expect(answerAs('沈文书', composed, first, ' ')).rejects.toMatchObject({
    refusal: { code: 'reason-missing' },
  })
  await expect(answerAs('沈文书', composed, first, '长'.repeat(501))).rejects.toMatchObject({
    refusal: { code: 'too-long', limit: 500 },
  })
  await expect(answerAs('沈文书', composed, 'f'.repeat(64))).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
  await answerAs('沈文书', composed, first, '值班电话13800001234')
  await answerAs('陆保密', composed, second)
  expect(await gate(composed)).toBeUndefined()
  const { rows } = await bureau.test.connection.pool.query<{ answer: string }>(
    `select answer from check_answer where agency_id = ${bureau.agencyId} and finding_key = '${first}'`,
  )
  expect(rows).toEqual([{ answer: '值班电话138****1234' }])
})

it('an answer holds in a later text for the same finding and no other', async () => {
  const first = await draft('值班电话13800001234')
  await answerAs('沈文书', first, asks(first)[0] ?? '')
  const same = await edit(first, '白天值班电话13800001234')
  expect(same.findings.find((one) => one.code === 'mobile-number')?.answer?.answer).toBe(
    '经核对无误',
  )
  expect(await gate(same)).toBeUndefined()
  const other = await edit(same, '值班电话13800001235')
  expect(await gate(other)).toMatchObject({ code: 'findings-unanswered' })
  await expect(answerAs('沈文书', same, asks(other)[0] ?? '')).rejects.toMatchObject({
    refusal: { code: 'not-latest-revision' },
  })
})

it('a stop cannot be answered away; masking it makes a new revision without it', async () => {
  const composed = await draft(`当事人身份证号${ID}，手机13800001234，卡号${CARD}。`)
  const stop = composed.findings.find((one) => one.code === 'identity-number')
  await expect(answerAs('沈文书', composed, stop?.key ?? '')).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
  const request = {
    ...{
      agencyId: bureau.agencyId,
      bulletinId: composed.bulletinId,
      seenHash: composed.hash,
      at: MORNING,
    },
    findingKeys: composed.findings
      .filter((one) => one.replacement !== undefined)
      .map((one) => one.key),
  }
  await expect(
    mask(bureau.test.hub, { ...request, by: bureau.id('陆保密') }),
  ).rejects.toMatchObject({
    refusal: { code: 'not-allowed' },
  })
  const masked = await mask(bureau.test.hub, { ...request, by: bureau.id('沈文书') })
  expect(masked.revision).toBe(2)
  expect(masked.findings.filter((one) => one.severity !== 'hint')).toEqual([])
  expect(await gate(masked)).toBeUndefined()
  await expect(
    mask(bureau.test.hub, { ...request, by: bureau.id('沈文书') }),
  ).rejects.toMatchObject({
    refusal: { code: 'not-latest-revision' },
  })
})

it('what has no replacement is not masked', async () => {
  const composed = await draft('2026年2月30日')
  const [finding] = composed.findings
  const request = {
    agencyId: bureau.agencyId,
    bulletinId: composed.bulletinId,
    seenHash: composed.hash,
  }
  await expect(
    mask(bureau.test.hub, {
      ...request,
      findingKeys: [finding?.key ?? ''],
      by: bureau.id('沈文书'),
      at: MORNING,
    }),
  ).rejects.toMatchObject({ refusal: { code: 'value-not-allowed' } })
})

it('a check that did not happen leaves the gate shut, and can be run again', async () => {
  const { hub } = bureau.test
  const dead = {
    ...hub,
    blobs: () => ({ read: () => Promise.reject(new Error('the disk is gone')) }),
  }
  const attachments = [attach('a.docx', docx(paragraph(run('甲'))))]
  const content = text('断电之后', { attachments })
  const given = { agencyId: bureau.agencyId, authorId: bureau.id('沈文书'), at: MORNING, content }
  await expect(
    compose(dead, { ...given, categoryId: 'notice', mode: 'earnest', level: 'routine' }),
  ).rejects.toThrow('the disk is gone')
  const { rows } = await bureau.test.connection.pool.query<{ id: number }>(
    `select id from bulletin where agency_id = ${bureau.agencyId} and title = '断电之后'`,
  )
  const bulletinId = Number(rows[0]?.id)
  const latest = await hub.store.transact(bureau.agencyId, async (tx) => {
    const revision = await tx.latestRevision(bulletinId)
    return (
      revision && {
        hash: revision.hash,
        open: await whyFindingsOpen(tx, bulletinId, revision.hash),
      }
    )
  })
  expect(latest?.open).toEqual({ code: 'not-checked' })
  const request = { agencyId: bureau.agencyId, bulletinId, at: MORNING, by: bureau.id('陆保密') }
  expect((await check(hub, request)).hash).toBe(latest?.hash)
  await expect(check(hub, { ...request, bulletinId: 999_999 })).rejects.toMatchObject({
    refusal: { code: 'not-found' },
  })
})
