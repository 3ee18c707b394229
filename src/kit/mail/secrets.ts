/** What a mail road keeps secret: the password of its login and the key its letters are signed with. */
import type { KeyObject } from 'node:crypto'
import { readSecrets } from '../schema-problems.ts'
import { BAD_DKIM_KEY, dkimKeyOf } from './dkim.ts'

export interface MailSecrets {
  readonly password: string | undefined
  readonly dkimKey: KeyObject | undefined
}

/** A secret that is not there, or is no key that can sign, is named by the field that names it. */
export function readMailSecrets(
  names: {
    readonly passwordSecret?: string | undefined
    readonly dkim?: { readonly keySecret: string } | undefined
  },
  secret: (name: string) => string,
): MailSecrets & { readonly problems: ReturnType<typeof readSecrets>['problems'] } {
  const named = [
    ['passwordSecret', names.passwordSecret],
    ['dkim.keySecret', names.dkim?.keySecret],
  ] as const
  const { found, problems } = readSecrets(named, secret)
  const key = found.get('dkim.keySecret')
  const dkimKey = key === undefined ? undefined : dkimKeyOf(key)
  const unusable = key !== undefined && dkimKey === undefined
  return {
    ...{ password: found.get('passwordSecret'), dkimKey },
    problems: unusable ? [...problems, { field: 'dkim.keySecret', text: BAD_DKIM_KEY }] : problems,
  }
}
