/** The bureau of the practice mode: invented people, companies and groups, as data. Numbers are from
 *  ranges no operator has given out, mailboxes end in a reserved domain. */
import type { Role } from '../domain/role.ts'

export const PRACTICE_AGENCY = {
  creditCode: '11330483MB0000000X',
  name: '桐乡市安全生产监督管理局',
  shortName: '市安监局',
  from: '2017-01-01',
} as const

export const PRACTICE_PEOPLE: readonly {
  readonly name: string
  readonly roles: readonly Role[]
}[] = [
  { name: '沈文书', roles: ['drafter', 'operator'] },
  { name: '陆保密', roles: ['secrecy-reviewer'] },
  { name: '钱局长', roles: ['leader'] },
  { name: '周副局', roles: ['leader'] },
  { name: '吴值班', roles: ['duty-officer', 'drafter'] },
  { name: '郑科长', roles: ['section-head'] },
  { name: '孙系统', roles: ['system-admin'] },
  { name: '李安全', roles: ['security-admin'] },
  { name: '王审计', roles: ['auditor'] },
]

export const PRACTICE_AUDIENCES = [
  { id: 'hazardous-chemicals', name: '危险化学品企业' },
  { id: 'major-hazard', name: '重大危险源单位' },
  { id: 'fireworks-retail', name: '烟花爆竹零售店' },
  { id: 'media', name: '媒体' },
] as const

const PLACES = ['禾墩', '青圩', '槐里', '砚浦', '汀桥', '澜港', '茗溪', '柞园'] as const
const TRADES: Readonly<Record<string, readonly string[]>> = {
  'hazardous-chemicals': ['化工', '涂料', '溶剂', '气体', '助剂'],
  'major-hazard': ['储运', '热电', '冷链', '油库', '氨站'],
  'fireworks-retail': ['便民店', '日杂店', '供销店', '土产店', '副食店'],
  media: ['日报', '广播台', '电视台', '周刊', '新闻网'],
}

/** Contacts in each audience; few, so that a year of warnings walks in seconds. */
const CONTACTS_AN_AUDIENCE = 6
/** One in so many contacts also takes part in exercises. */
const EXERCISE_EVERY = 4

export interface PracticeContact {
  readonly name: string
  readonly audiences: readonly string[]
  readonly forExercise: boolean
  readonly addresses: readonly { readonly kind: string; readonly value: string }[]
}

/** One company a contact: its phone and its mailbox; every third one also has the audience's groups. */
export function practiceContacts(): readonly PracticeContact[] {
  return PRACTICE_AUDIENCES.flatMap(({ id, name }, audience) =>
    Array.from({ length: CONTACTS_AN_AUDIENCE }, (_, index): PracticeContact => {
      const place = PLACES[index % PLACES.length] ?? ''
      const trade = TRADES[id]?.[index % 5] ?? ''
      const number = audience * CONTACTS_AN_AUDIENCE + index
      const phone = `1990000${String(number).padStart(4, '0')}`
      const groups =
        index % 3 === 0
          ? [
              { kind: 'wechat-group', value: `${name}微信群（${index / 3 + 1}）` },
              { kind: 'qq-group', value: `${name}QQ群（${index / 3 + 1}）` },
              { kind: 'office', value: `${place}镇安监中队` },
            ]
          : []
      return {
        name: `${place}${trade}${index + 1}号`,
        audiences: [id],
        forExercise: index % EXERCISE_EVERY === 0,
        addresses: [
          { kind: 'phone', value: phone },
          { kind: 'mailbox', value: `contact${number}@practice.example` },
          ...groups,
        ],
      }
    }),
  )
}
