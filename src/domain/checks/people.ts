/** What the text says of people: their numbers, homes, ages and mailboxes. */
import { maskNumber } from '../masking.ts'
import {
  type CheckContext,
  countOf,
  foundAt,
  foundInDense,
  matches,
  namesOffenders,
  type Reading,
} from './context.ts'
import type { FindingCode, Found, Severity } from './finding.ts'
import { birthdayOf, findNumbers, type NumberHit, type NumberKind } from './numbers.ts'

const NUMBER: Readonly<
  Record<NumberKind, { readonly code: FindingCode; readonly name: string; readonly fix: string }>
> = {
  identity: {
    ...{ code: 'identity-number', name: '身份证号' },
    fix: '请遮盖为前二位、后三位可见的形式',
  },
  'identity-doubtful': {
    ...{ code: 'identity-number-doubtful', name: '疑似身份证号（校验位不符或为旧号）' },
    fix: '请核对；是身份证号的请遮盖，不是的请说明',
  },
  mobile: {
    ...{ code: 'mobile-number', name: '手机号' },
    fix: '请遮盖中间四位；对外值班或咨询电话请说明',
  },
  card: { ...{ code: 'bank-card', name: '银行卡号' }, fix: '请遮盖，只留后四位' },
  account: {
    ...{ code: 'bank-account', name: '银行账号' },
    fix: '请遮盖，只留后四位；缴款专户等必须公开的请说明',
  },
}

export function findPeopleNumbers(reading: Reading, context: CheckContext): readonly Found[] {
  const { passage } = reading
  return findNumbers(passage.text).flatMap((hit) => {
    const { code, name, fix } = NUMBER[hit.kind]
    const masked = maskNumber(passage.text.slice(hit.from, hit.to), hit)
    const severity = severityOf(hit, reading, context)
    const say = `有${name} ${masked}`
    const found = foundAt(passage, hit.from, hit.to, {
      ...{ code, severity, say, fix, replacement: masked, about: hit.digits },
    })
    return hit.kind === 'identity' && hit.digits.length === 18
      ? [found, ...minorById(hit, reading, context, masked)]
      : [found]
  })
}

function severityOf(hit: NumberHit, { passage }: Reading, context: CheckContext): Severity {
  if (hit.kind === 'identity') return 'stop'
  if (hit.kind === 'card') return hit.named || hit.digits.startsWith('62') ? 'stop' : 'ask'
  if (hit.kind !== 'mobile') return 'ask'
  if (passage.field === 'metadata/contact') return 'hint'
  const inAddress = /https?:\/\/[^\s]{0,200}$/i.test(
    passage.text.slice(Math.max(0, hit.from - 220), hit.from),
  )
  return namesOffenders(context.categoryId) && !inAddress ? 'stop' : 'ask'
}

const ADULT_YEARS = 18

function isMinor(birthday: string, day: string): boolean {
  return `${Number(birthday.slice(0, 4)) + ADULT_YEARS}${birthday.slice(4)}` > day
}

function minorById(hit: NumberHit, { passage }: Reading, { day }: CheckContext, masked: string) {
  const birthday = birthdayOf(hit.digits)
  if (!isMinor(birthday, day) || birthday > day) return []
  return [
    foundAt(passage, hit.from, hit.to, {
      ...{ code: 'minor' as const, severity: 'stop' as const, replacement: masked },
      ...{ say: `的身份证号 ${masked} 属于未成年人`, fix: '请删去未成年人的信息' },
      about: hit.digits,
    }),
  ]
}

const AGE = /(?<!年满|至|到|-)(\d{1,2}|[一二三四五六七八九十]{1,3})(?:周岁|岁)(?!以上)/g
const BORN = /(\d{4})年(\d{1,2})月(?:(\d{1,2})日)?(?:出生|生(?=[,.。;、)]|$))/g
const YOUNG =
  /未成年人?(?!人?保护法|人?保护条例)|小学生|初中生|高中生|中学生|男童|女童|婴幼儿|童工/g

/** 未成年人 in a decision or an exposure (政府信息公开条例 第十五条, 未成年人保护法 第一百零三条). */
export function findMinors(reading: Reading, { categoryId, day }: CheckContext): readonly Found[] {
  if (!namesOffenders(categoryId)) return []
  const found: Found[] = []
  const add = (match: RegExpExecArray, say: string) =>
    found.push(
      foundInDense(reading, match.index, match.index + match[0].length, {
        ...{ code: 'minor', severity: 'stop', say },
        fix: '处罚和曝光信息不得出现未成年人，请删去或改写后再检查',
      }),
    )
  for (const match of matches(reading, AGE)) {
    const age = countOf(match[1] ?? '')
    if (age > 0 && age < ADULT_YEARS) add(match, `写明年龄${match[0]}，是未成年人`)
  }
  for (const match of matches(reading, BORN)) {
    const [, year = '', month = '', date = '1'] = match
    const birthday = `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}`
    if (birthday <= day && isMinor(birthday, day)) add(match, '写明的出生日期表明是未成年人')
  }
  for (const match of matches(reading, YOUNG)) add(match, `提到“${match[0]}”`)
  return found
}

const LIVES =
  /(?:家庭住址|现住址|住址|家住|现住|居住地|居住于|户籍所在地|户籍地|户口所在地|住所地)[:为在是]?([^,。;\n]{2,60})/g
const TOWNSHIP = /^.{0,40}(?:街道|镇|乡)(?![街镇市])/
const COUNTY = /^.{0,30}[市县区]/
const CLOSER = /[村组号幢栋室弄]|单元|小区|社区|新村|花苑|公寓/
const VILLAGE =
  /(?:街道|镇|乡)(?!市)([^,。;、()\n]{1,20}[村社区苑](?:[^,。;、()\n]{0,10}?(?:\d{1,5}|[一二三四五六七八九十]{1,4})(?:组|号|室|幢|栋)){1,3})/g

/** 住址 below 乡镇、街道 of somebody named in a decision or an exposure. */
export function findHomes(reading: Reading, { categoryId }: CheckContext): readonly Found[] {
  if (!namesOffenders(categoryId)) return []
  const found: Found[] = []
  const add = (from: number, to: number, severity: Severity) => {
    const length = reading.dense.ends[to - 1] ?? 0
    const start = reading.dense.begins[from] ?? 0
    found.push(
      foundInDense(reading, from, to, {
        ...{ code: 'home-address', severity, say: '有乡镇、街道以下的住址' },
        fix: '住址只写到乡镇、街道，请遮盖后面的部分；单位地址请说明',
        replacement: '*'.repeat(length - start),
      }),
    )
  }
  let last = 0
  for (const match of matches(reading, LIVES)) {
    const address = match[1] ?? ''
    const start = match.index + match[0].length - address.length
    const upTo = (TOWNSHIP.exec(address) ?? COUNTY.exec(address))?.[0].length ?? 0
    last = start + address.length
    if (CLOSER.test(address.slice(upTo))) add(start + upTo, last, 'stop')
  }
  for (const match of matches(reading, VILLAGE)) {
    const inner = match[1] ?? ''
    const start = match.index + match[0].length - inner.length
    if (start >= last) add(start, start + inner.length, 'ask')
  }
  return found
}

const MAILBOX =
  /[a-z0-9._%+-]{1,64}@(?:qq|163|126|139|189|sina|sohu|gmail|foxmail|hotmail)\.(?:com|cn)/g
const TRAVEL = /(?:护照|通行证|台胞证|回乡证)(?:号码?|证号)?[:是为]?([a-z]{1,2}\d{7,9})/g

export function findOtherMarks(reading: Reading): readonly Found[] {
  return [
    ...[...matches(reading, MAILBOX)].map((match) =>
      foundInDense(reading, match.index, match.index + match[0].length, {
        ...{ code: 'private-mailbox', severity: 'hint', say: '有个人邮箱' },
        fix: '请改用单位邮箱，或删去',
      }),
    ),
    ...[...matches(reading, TRAVEL)].map((match) => {
      const number = match[1] ?? ''
      const to = match.index + match[0].length
      const { begins, ends } = reading.dense
      const length = (ends[to - 1] ?? 0) - (begins[to - number.length] ?? 0)
      return foundInDense(reading, to - number.length, to, {
        ...{ code: 'travel-document', severity: 'stop', say: '有护照或通行证号码' },
        ...{ fix: '请遮盖证件号码', replacement: '*'.repeat(length) },
      })
    }),
  ]
}
