/** What the database cannot keep at all: a NUL inside a text, a number or a day beyond its columns, an id that
 *  is no whole number. Whoever gave it is told so in words; every other fault goes on as it is. */
import { Refused } from '../domain/refusal.ts'

/** SQLSTATE (PostgreSQL manual, appendix A): character_not_in_repertoire, untranslatable_character,
 *  numeric_value_out_of_range, datetime_field_overflow, invalid_datetime_format. */
const UNKEPT: Readonly<Record<string, string>> = {
  '22021': '含有不能保存的控制字符，请删去后再提交',
  '22P05': '含有不能保存的控制字符，请删去后再提交',
  '22003': '数字超出可以保存的范围，请核对',
  '22008': '日期超出可以保存的范围，请核对',
  '22007': '日期超出可以保存的范围，请核对',
}

/** @throws Refused `invalid-value` in place of the fault, whose text may quote what was given. */
export async function keptOrRefused<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    const detail = isNoWholeNumber(error) ? '编号应为正整数，请核对' : UNKEPT[codeOf(error)]
    if (detail === undefined) throw error
    // Not as its cause: the text of the fault may quote what was given.
    // biome-ignore lint/style/useErrorCause: see above
    throw new Refused({ code: 'invalid-value', detail })
  }
}

/** invalid_text_representation for the types ids have; for any other type it is a fault of ours. */
function isNoWholeNumber(error: unknown): boolean {
  return codeOf(error) === '22P02' && /type (?:bigint|integer|smallint)\b/.test(String(error))
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error) || !('code' in error)) return ''
  return String(error.code)
}
