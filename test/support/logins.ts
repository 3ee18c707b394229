/** People of the practice bureau at a command line: each with a password that was just made for them. */
import { type Ended, ended, type Home } from './command.ts'

/** Runs a verb as this person. */
export type Signed = (login: string, ...argv: readonly string[]) => Promise<Ended>

export async function signIn(home: Home, ...logins: readonly string[]): Promise<Signed> {
  const passwords = new Map<string, string>()
  for (const login of logins) {
    const { code, stdout, stderr } = await home.run('user', 'reset', login, '--json')
    if (code !== 0) throw new Error(stderr)
    passwords.set(login, JSON.parse(stdout).password)
  }
  return (login, ...argv) => {
    const password = passwords.get(login)
    if (password === undefined) throw new Error(`${login} has no password here`)
    return ended(home.startAs(password, ...argv, '--as', login))
  }
}
