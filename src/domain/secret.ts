/** 机密: what a password or token of a platform may look like, and how long the one before it still serves. */
import type { Refusal } from './refusal.ts'

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const NAME_CHARACTERS_MAX = 100
/** a private key with its certificate fits in */
export const SECRET_BYTES_MAX = 8_192
/** A platform may go on signing its callbacks with the value before. */
export const FORMER_HOURS = 24

/** Says what is wrong with a name or a value without repeating the value. */
export function whyNotSecret(name: string, value: string): Refusal | undefined {
  if (!NAME.test(name) || name.length > NAME_CHARACTERS_MAX) {
    const detail = '机密的名称用小写字母、数字和短横，以字母开头，最多 100 字，如 smtp-password'
    return { code: 'invalid-value', field: 'name', detail }
  }
  if (value === '') return { code: 'invalid-value', field: 'value', detail: '机密的值不能为空' }
  if (bytesOf(value) > SECRET_BYTES_MAX)
    return { code: 'too-long', field: 'value', limit: SECRET_BYTES_MAX, detail: '字节（UTF-8）' }
  if (/[^\P{Cc}\t\n\r]/u.test(value)) {
    const detail = '机密里有看不见的控制字符，请核对复制的内容'
    return { code: 'invalid-value', field: 'value', detail }
  }
  return undefined
}

function bytesOf(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}
