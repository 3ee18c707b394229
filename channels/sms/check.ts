/** What is wrong with a rendered message before anybody signs it: signature, parts, charset, links, and the
 *  limits of an approved template. Pure; each problem says what to take off. */
import type { Payload } from '../../src/domain/payload.ts'
import { reckonedText, signatureMark } from '../../src/domain/short-message.ts'
import { unwritable } from '../../src/kit/charset.ts'
import { charactersOver, segmentsOf } from '../../src/kit/segments.ts'
import type { Problem } from '../channel.ts'
import { TEMPLATE, TEXT, VARIABLE } from './message.ts'
import type { SmsSettings } from './settings.ts'

const LINK = /https?:\/\//i

const NO_TEMPLATE =
  '没有能说这条信息的报备模板：更正和撤下各需自己的模板，转发的原文需要取自正文的变量；请添加模板或改走其他通路'

export function checkMessage(payload: Payload, settings: SmsSettings): readonly Problem[] {
  const { gateway } = settings
  const text = reckonedText(payload.fields[TEXT] ?? [], settings.linkCharacters)
  const problems = [...signatureProblems(text, settings), ...lengthProblems(text, settings)]
  const lost = unwritable(text, gateway.charset)
  if (lost !== undefined)
    problems.push({
      field: TEXT,
      text: `网关用 ${gateway.charset.toUpperCase()} 编码，写不出“${lost}”，请改用别的字`,
    })
  if (gateway.links === 'forbidden' && LINK.test(text))
    problems.push({ field: TEXT, text: '这个网关不接受链接，请删去链接' })
  return payload.form === 'template'
    ? [...problems, ...templateProblems(payload, settings)]
    : problems
}

/** 签名恰好一次，在开头: carriers turn back a message with none or with two. */
function signatureProblems(text: string, settings: SmsSettings): Problem[] {
  const mark = signatureMark(settings)
  if (!text.startsWith(mark))
    return [{ field: TEXT, text: `短信应以签名${mark}开头，请核对签名设置` }]
  const problems: Problem[] = []
  if (text.indexOf(mark, 1) !== -1)
    problems.push({ field: TEXT, text: `签名${mark}只能出现一次，请从正文中删去` })
  if (text.slice(mark.length).trim() === '')
    problems.push({ field: TEXT, text: '短信除签名外没有内容，请填写标题或正文' })
  return problems
}

function lengthProblems(text: string, { partsMax, gateway }: SmsSettings): Problem[] {
  const problems: Problem[] = []
  const { parts } = segmentsOf(text)
  if (parts > partsMax)
    problems.push({
      field: TEXT,
      text: `短信按 ${parts} 条计费，上限 ${partsMax} 条，请删去 ${charactersOver(text, partsMax)} 个字`,
      limit: partsMax,
    })
  const { charactersMax } = gateway
  const length = [...text].length
  if (charactersMax !== undefined && length > charactersMax)
    problems.push({
      field: TEXT,
      text: `这个网关一条短信最多 ${charactersMax} 个字，请删去 ${length - charactersMax} 个字`,
      limit: charactersMax,
    })
  return problems
}

function templateProblems(payload: Payload, settings: SmsSettings): readonly Problem[] {
  const { message } = settings
  if (message.form !== 'template') return []
  const code = reckonedText(payload.fields[TEMPLATE] ?? [], settings.linkCharacters)
  const approved = [message.publish, message.amend, message.withdraw].find(
    (one) => one !== undefined && one.code === code,
  )
  if (!approved) return [{ field: TEMPLATE, text: NO_TEMPLATE }]
  return approved.variables.flatMap(({ name, from, charactersMax }) => {
    const field = `${VARIABLE}${name}`
    const value = reckonedText(payload.fields[field] ?? [], settings.linkCharacters)
    const length = [...value].length
    const problems: Problem[] = []
    if (length > charactersMax)
      problems.push({
        field,
        text: `变量 ${name} 最多 ${charactersMax} 个字，请删去 ${length - charactersMax} 个字；原文不会自动截断`,
        limit: charactersMax,
      })
    if (length === 0) problems.push({ field, text: `变量 ${name} 是空的，请填写对应的内容` })
    if (!message.linkInVariable && from !== 'url' && LINK.test(value))
      problems.push({ field, text: `变量 ${name} 中不能有链接，请把链接写进报备的模板` })
    return problems
  })
}
