/** 角色: what a person may do at the doors. */

export const ROLES = [
  'drafter',
  'section-head',
  'secrecy-reviewer',
  'leader',
  'duty-officer',
  'operator',
  'auditor',
  'system-admin',
  'security-admin',
] as const
export type Role = (typeof ROLES)[number]

/** Whoever of these acts alone may stop (停发 is never gated; DESIGN: ranked goals). */
export const STOPPERS: readonly Role[] = ['secrecy-reviewer', 'leader', 'duty-officer']

export interface Person {
  readonly id: number
  readonly name: string
  readonly roles: readonly Role[]
}

export function may(person: Person, ...roles: readonly Role[]): boolean {
  return roles.some((role) => person.roles.includes(role))
}
