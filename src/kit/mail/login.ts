/** What is wrong with how a road is to log in to its mail server. */
import type { MailServer } from './line.ts'

const ENCRYPTED: readonly string[] = ['tls', 'starttls']
const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost']

export function mailLoginProblems({
  user,
  passwordSecret,
  security,
  host,
}: Pick<MailServer, 'user' | 'security' | 'host'> & {
  readonly passwordSecret?: string | undefined
}): readonly { readonly field: string; readonly text: string }[] {
  const problems: { field: string; text: string }[] = []
  if (user !== undefined && passwordSecret === undefined)
    problems.push({ field: 'passwordSecret', text: '填写了登录用户，还需填写密码所在的机密名称' })
  if (user === undefined && passwordSecret !== undefined)
    problems.push({ field: 'user', text: '填写了密码的机密名称，还需填写登录用户' })
  if (user !== undefined && !ENCRYPTED.includes(security) && !LOOPBACK.includes(host))
    problems.push({ field: 'security', text: '不能在未加密的连接上登录，请改用 tls 或 starttls' })
  return problems
}
