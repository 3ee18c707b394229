/** Roles as they are typed: ids or Chinese names, separated by commas. */
import { ROLE_NAMES, ROLES, type Role } from '../domain/role.ts'
import { UsageFault } from './command.ts'

/** @throws UsageFault naming every role there is */
export function readRoles(text: string): readonly Role[] {
  return text.split(/[,，]/).map((written) => {
    const word = written.trim()
    const found = ROLES.find((one) => one === word || ROLE_NAMES[one] === word)
    if (found) return found
    const list = ROLES.map((one) => `${one}（${ROLE_NAMES[one]}）`).join('、')
    throw new UsageFault(`不认识职责“${word}”，可写：${list}`)
  })
}
