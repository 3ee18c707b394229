/** What is wrong with a number, in words that say how to mend it: phones, mailboxes and credit codes.
 *  A message holds the masked number at most. */
import { normaliseAddress } from './address.ts'

export interface NumberFault {
  readonly text: string
  readonly fix: string
}

export type NumberReading = { readonly value: string } | { readonly fault: NumberFault }

/** First three and last two characters: enough to find the cell again, too little to dial. */
export function maskNumber(value: string): string {
  const letters = [...value]
  if (letters.length < 7) return '*'.repeat(letters.length)
  return `${letters.slice(0, 3).join('')}****${letters.slice(-2).join('')}`
}

const LANDLINE = /^0\d/

/** 手机号或带区号的座机. */
export function readPhone(written: string): NumberReading {
  const form = normaliseAddress('phone', written)
  if ('value' in form) return form
  return { fault: phoneFault(written.normalize('NFKC').trim()) }
}

function phoneFault(text: string): NumberFault {
  if (/^[\d.]+e\+?\d+$/i.test(text))
    return {
      text: '被表格软件改成了科学计数法，号码已不完整',
      fix: '请把这一列的格式设为“文本”，再按原始名单重填',
    }
  const digits = text.replaceAll(/[\s()+-]/g, '').replace(/^(?:00)?86(?=1\d{3,})/, '')
  const stray = [...digits].find((letter) => !/\d/.test(letter))
  const masked = maskNumber(digits)
  if (stray !== undefined)
    return {
      text: `含有数字以外的字符“${stray}”`,
      fix: '请只写号码；几个号码用分号隔开，备注另写一列',
    }
  if (LANDLINE.test(digits))
    return {
      text: `座机${masked}不对，应为区号加7到8位号码`,
      fix: '请写区号加号码，区号后是7或8位数字',
    }
  const length = digits.length
  if (length !== 11)
    return {
      text: `${length < 11 ? '只有' : '有'}${length}位，应为11位手机号（${masked}）`,
      fix:
        length < 11 ? '请核对是否漏了数字；座机请带区号' : '请核对是否多了数字；几个号码用分号隔开',
    }
  return { text: `${masked}不是手机号段，手机号以 13 到 19 开头`, fix: '请核对号码' }
}

export function readMailbox(written: string): NumberReading {
  const form = normaliseAddress('mailbox', written)
  if ('value' in form) return form
  const text = written.normalize('NFKC').trim()
  const at = text.split('@').length - 1
  if (at === 0) return { fault: { text: '没有 @，不是邮箱地址', fix: '应为 名字@单位域名' } }
  if (at > 1) return { fault: { text: '有几个 @', fix: '几个邮箱请用分号隔开' } }
  return { fault: { text: '不是邮箱地址', fix: '应为 名字@单位域名，请核对有没有空格或漏字' } }
}

const CODE_LETTERS = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const CODE_LENGTH = 18

/** 统一社会信用代码 with its check character (GB 32100-2015: weights are powers of 3 modulo 31). */
export function readCreditCode(written: string): NumberReading {
  const value = written.normalize('NFKC').replaceAll(/[\s-]/g, '').toUpperCase()
  const length = [...value].length
  if (length !== CODE_LENGTH)
    return {
      fault: {
        text: `有${length}位，应为${CODE_LENGTH}位统一社会信用代码`,
        fix: '请按营业执照核对；没有就留空，以名称和区域识别',
      },
    }
  const stray = [...value].find((letter) => !CODE_LETTERS.includes(letter))
  if (stray !== undefined)
    return {
      fault: {
        text: `含有代码中没有的字符“${stray}”`,
        fix: '代码不用字母 I、O、S、V、Z，请核对是否与 1、0、5 混淆',
      },
    }
  if (checkCharacter(value) !== value.at(-1))
    return { fault: { text: '校验位不对，至少有一位抄错', fix: '请按营业执照核对' } }
  return { value }
}

function checkCharacter(code: string): string {
  let sum = 0
  let weight = 1
  for (const letter of code.slice(0, CODE_LENGTH - 1)) {
    sum += CODE_LETTERS.indexOf(letter) * weight
    weight = (weight * 3) % 31
  }
  return CODE_LETTERS[(31 - (sum % 31)) % 31] ?? ''
}
