/** What the shape of a profile cannot say: that its steps fit together. Refuses a name nothing gives a
 *  value for, a secret in a place that is logged by others, and markup a value could break out of. */
import { XMLValidator } from 'fast-xml-parser'
import { isKeyed } from '../../src/kit/signing.ts'
import type { Problem } from '../channel.ts'
import { FIELDS, type Profile, type Step, stepsOf } from './profile.ts'
import { type Hole, holesIn, parseTemplate, whyNotXml } from './template.ts'

/** Names a step may use besides the profile's fields, constants, secrets and what steps read. */
const ALWAYS = [
  'base',
  'reference',
  'url',
  'reason',
  'timestamp',
  'nonce',
  'attachmentIds',
  'attachmentLinks',
]
const FILE = [
  'file.name',
  'file.asciiName',
  'file.sha256',
  'file.mediaType',
  'file.bytes',
  'file.base64',
]
const UPLOADED = [...FILE, 'file.id', 'file.url']
const SIGNING = ['method', 'path', 'query', 'parameters', 'bodyHash', 'body', 'signature']

/** Every fault of a profile whose shape is right. */
export function profileProblems(profile: Profile): readonly Problem[] {
  const problems: Problem[] = []
  const say = (field: string, text: string) => problems.push({ field: `profile.${field}`, text })
  const known = knownNames(profile)
  for (const [name, one] of stepsOf(profile)) stepProblems(profile, name, one, known, say)
  modeProblems(profile, say)
  signProblems(profile, known, say)
  if (profile.fields.title === undefined) say('fields.title', '方案没有用到标题，请加上 title')
  const used = new Set(
    stepsOf(profile).flatMap(([, one]) =>
      textsOf(one).flatMap(([, text]) => holesIn(text).map((hole) => hole.name)),
    ),
  )
  for (const name of Object.keys(profile.fields))
    if (!used.has(name)) say(`fields.${name}`, `没有任何步骤用到 {{${name}}}，请在步骤里使用或删去`)
  return problems
}

type Say = (field: string, text: string) => void

function knownNames(profile: Profile): ReadonlySet<string> {
  return new Set([
    ...ALWAYS,
    ...Object.keys(profile.fields),
    ...profile.constants.map((name) => `constant.${name}`),
    ...profile.secrets.map((name) => `secret.${name}`),
    ...stepsOf(profile).flatMap(([, one]) => Object.keys(one.read)),
  ])
}

function stepProblems(
  profile: Profile,
  name: string,
  one: Step,
  known: ReadonlySet<string>,
  say: Say,
): void {
  for (const [field, text] of textsOf(one))
    for (const hole of holesIn(text)) {
      const file =
        name === 'upload'
          ? FILE.includes(hole.name)
          : field.includes('$each') && UPLOADED.includes(hole.name)
      if (!known.has(hole.name) && !file)
        say(`steps.${name}.${field}`, `不知道 {{${hole.name}}} 是什么，请核对名称`)
    }
  const at = `steps.${name}`
  for (const read of Object.keys(one.read))
    if (isTaken(profile, read)) say(`${at}.read.${read}`, '这个名称已用于别的内容，请换一个')
  urlProblems(one, (field, text) => say(`${at}.${field}`, text))
  const { body } = one
  if (one.method === 'GET' && body) say(`${at}.body`, 'GET 请求不带正文，请删去')
  if ((body?.kind === 'file' || (body?.kind === 'multipart' && body.file)) && name !== 'upload')
    say(`${at}.body`, '文件只能在 upload 步骤里上传')
  if (body?.kind === 'xml') {
    const why = whyNotXml(body.content)
    if (why) say(`${at}.body.content`, why)
    const plain = body.content.replace(/\{\{[^}]*\}\}/g, 'x')
    if (XMLValidator.validate(plain) !== true)
      say(`${at}.body.content`, '不是完整的 XML，请检查标签是否成对')
  }
  if (body?.kind === 'json') jsonProblems(body.content, (text) => say(`${at}.body.content`, text))
}

function jsonProblems(value: unknown, say: (text: string) => void): void {
  if (typeof value === 'string' && parseTemplate(value) === undefined)
    say(`占位的写法应为 {{名称}}：${value.slice(0, 60)}`)
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes('{{')) say('字段名不能是占位')
    jsonProblems(inner, say)
  }
  if ('$each' in value && (value['$each'] !== 'attachments' || !('item' in value)))
    say('$each 只能写 attachments，并带有 item')
}

function isTaken(profile: Profile, name: string): boolean {
  const free = ['reference', 'url']
  return (
    !free.includes(name) &&
    (ALWAYS.includes(name) ||
      SIGNING.includes(name) ||
      FIELDS.some((field) => field === name) ||
      Object.hasOwn(profile.fields, name))
  )
}

function urlProblems(one: Step, say: Say): void {
  const [first, second] = parseTemplate(one.url) ?? []
  const reads = typeof first === 'object' && first.name !== 'base'
  const literal = typeof first === 'string' && /^https:\/\/[^/]+\//.test(first)
  if (typeof first === 'object' && isSecret(first)) say('url', '机密不能作为地址')
  if (reads && FIELDS.some((field) => field === first.name)) say('url', '正文字段不能作为地址')
  if (typeof first === 'string' && !literal) say('url', '地址应以 {{base}} 开头')
  if (typeof first === 'object' && typeof second === 'string' && !/^[/?]/.test(second))
    say('url', '{{base}} 后面应以斜线接着写路径')
  const path = one.url.split('?')[0] ?? ''
  if (holesIn(path).some(isSecret)) say('url', '机密不能写在路径里，平台会把路径记入日志')
}

function isSecret({ name }: Hole): boolean {
  return name.startsWith('secret.')
}

function modeProblems({ idempotency, steps, fields }: Profile, say: Say): void {
  const usesId = (one: Step) =>
    textsOf(one).some(([, text]) => holesIn(text).some(({ name }) => name === 'externalId'))
  if (idempotency === 'query-before-create' && !steps.query)
    say('steps.query', '先查询再建立，需要 query 步骤')
  if (idempotency === 'put-url' && steps.create.method !== 'PUT')
    say('steps.create.method', '按地址覆盖时应为 PUT')
  if (idempotency !== 'none' && fields.externalId === undefined)
    say('fields.externalId', '防止重复发布需要 externalId')
  else if (
    idempotency !== 'none' &&
    !usesId(idempotency === 'query-before-create' && steps.query ? steps.query : steps.create)
  )
    say('steps', '防止重复发布的步骤没有用到 {{externalId}}')
  if (steps.query && steps.query.read['reference'] === undefined && !usesReference(steps.query))
    say('steps.query.read.reference', '查询步骤应读出 reference，或按 {{reference}} 查询')
  if (idempotency === 'query-before-create' && steps.query && usesReference(steps.query))
    say('steps.query', '发布之前还没有 {{reference}}，不能按它查询')
  if (steps.locate && steps.locate.read['url'] === undefined)
    say('steps.locate.read.url', '找公开地址的步骤应读出 url')
  if (
    steps.upload &&
    steps.upload.read['fileId'] === undefined &&
    steps.upload.read['fileUrl'] === undefined
  )
    say('steps.upload.read', '上传步骤应读出 fileId 或 fileUrl')
}

function signProblems(profile: Profile, known: ReadonlySet<string>, say: Say): void {
  const { sign, basic } = profile
  for (const alias of [sign?.key, basic?.password])
    if (alias !== undefined && !profile.secrets.includes(alias))
      say('secrets', `缺少 ${alias}，签名或登录要用到它`)
  if (!sign) return
  if (isKeyed(sign.algorithm) && sign.key === undefined) say('sign.key', '带密钥的算法需要写明 key')
  for (const { name, filter } of [...holesIn(sign.canonical), ...holesIn(sign.form)]) {
    if (filter !== undefined) say('sign.canonical', '签名原文里不能用过滤器')
    if (name === 'body' && sign.place === 'body')
      say('sign.canonical', '签名写在正文里时，原文不能再用 {{body}}，请用 {{parameters}}')
  }
  for (const { name } of holesIn(sign.canonical))
    if (name === 'signature' || (!known.has(name) && !SIGNING.includes(name)))
      say('sign.canonical', `不知道 {{${name}}} 是什么，请核对名称`)
  if (sign.place !== 'body') return
  for (const [name, one] of stepsOf(profile))
    if (one.signed && !['json', 'form', 'multipart'].includes(one.body?.kind ?? ''))
      say(`steps.${name}.body`, '签名写在正文里时，正文应为 json、form 或 multipart')
}

/** True for a step that can only ask about what the platform has already given a number or address. */
export function usesReference(one: Step): boolean {
  return textsOf(one).some(([, text]) => holesIn(text).some(({ name }) => name === 'reference'))
}

/** Every template of a step with the place it stands in. */
function textsOf(one: Step): readonly (readonly [string, string])[] {
  const pairs = (place: string, record: Readonly<Record<string, string>>) =>
    Object.entries(record).map(([key, text]) => [`${place}.${key}`, text] as const)
  const { body } = one
  const inBody = (): readonly (readonly [string, string])[] => {
    if (!body || body.kind === 'file') return []
    if (body.kind === 'xml') return [['body.content', body.content]]
    if (body.kind === 'json') return jsonTexts('body.content', body.content)
    return pairs('body.content', body.content)
  }
  return [
    ['url', one.url],
    ...pairs('headers', one.headers),
    ...pairs('query', one.query),
    ...inBody(),
  ]
}

function jsonTexts(place: string, value: unknown): readonly (readonly [string, string])[] {
  if (typeof value === 'string') return [[place, value]]
  if (typeof value !== 'object' || value === null) return []
  const each = '$each' in value ? '.$each' : ''
  return Object.entries(value).flatMap(([key, inner]) => jsonTexts(`${place}${each}.${key}`, inner))
}
