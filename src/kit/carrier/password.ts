/** The secret of a line: both protocols know nothing but ASCII. */
import { readSecrets, type SettingProblem } from '../schema-problems.ts'

const FIELD = 'passwordSecret'
const ASCII = /^[\x20-\x7e]{0,64}$/

/** `password` means something only where there are no problems. */
export function readLinePassword(
  name: string,
  secret: (name: string) => string,
): { readonly password: string; readonly problems: readonly SettingProblem[] } {
  const { found, problems } = readSecrets([[FIELD, name]], secret)
  const password = found.get(FIELD) ?? ''
  return ASCII.test(password)
    ? { password, problems }
    : { password: '', problems: [{ field: FIELD, text: '密码只能用英文字符，请核对机密的内容' }] }
}
