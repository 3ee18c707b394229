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

/** 角色的中文名 */
export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  drafter: '拟稿人',
  'section-head': '科室负责人',
  'secrecy-reviewer': '保密审查员',
  leader: '分管领导',
  'duty-officer': '值班员',
  operator: '运维员',
  auditor: '审计员',
  'system-admin': '系统管理员',
  'security-admin': '安全管理员',
}

/** Whoever of these acts alone may stop (停发 is never gated; DESIGN: ranked goals). */
export const STOPPERS: readonly Role[] = ['secrecy-reviewer', 'leader', 'duty-officer']

export interface Person {
  readonly id: number
  readonly name: string
  /** their own, and those of whom they stand in for today */
  readonly roles: readonly Role[]
  /** 代理: roles held only for somebody who is away */
  readonly deputises?: readonly { readonly personId: number; readonly role: Role }[]
}

/** Everybody in whose place this person may act today. */
export function standsInFor(person: Person): readonly number[] {
  return (person.deputises ?? []).map((one) => one.personId)
}

export function may(person: Person, ...roles: readonly Role[]): boolean {
  return roles.some((role) => person.roles.includes(role))
}
