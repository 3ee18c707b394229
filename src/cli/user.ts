/** `duoling user`: accounts of people. A password is made here, shown once and kept nowhere. */
import { Refused } from '../domain/refusal.ts'
import { ROLE_NAMES } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { randomPassword } from '../kit/readable-password.ts'
import { addPerson } from '../store/accounts/persons.ts'
import { peopleInOffice } from '../store/registry.ts'
import { accountsOf, ensurePracticeAccounts } from './accounts.ts'
import { type Actor, AS_OPTION, AS_USAGE, actorOf, byOf } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { readRoles } from './roles.ts'
import { table } from './table.ts'

export const user: Verb = {
  name: 'user',
  summary: '登录账号：新建、重设密码、查看',
  usage: [
    'add 登录名 --person 姓名 [--roles 职责,职责] | reset 登录名 | ls',
    `${AS_USAGE} [--agency 编号] [--json]`,
  ].join(' '),
  words: 2,
  options: { ...AS_OPTION, person: 'value', roles: 'value', agency: 'value' },
  run: (request) =>
    withInstallation(request, async (installation) => {
      await ensurePracticeAccounts(installation)
      const actor = await actorOf(request, installation)
      if (actor.kind === 'person' && !actor.roles.some((role) => MANAGERS.includes(role)))
        throw new Refused({ code: 'not-allowed', detail: '由系统管理员或安全管理员办理' })
      const [action, login] = request.words
      if (action === 'ls') return list(installation, request)
      if (action === 'add' && login !== undefined) return add(installation, request, login, actor)
      if (action === 'reset' && login !== undefined)
        return reset(installation, request, login, actor)
      throw new UsageFault(`用法：duoling user ${user.usage}`)
    }),
}

const MANAGERS: readonly string[] = ['system-admin', 'security-admin']

async function add(
  installation: Installation,
  request: VerbRequest,
  login: string,
  actor: Actor,
): Promise<typeof EXIT.ok> {
  const { agencyId, now } = installation
  const personId = await personFor(installation, request, actor)
  const password = randomPassword()
  const accounts = accountsOf(installation)
  await accounts.add({ agencyId, personId, login, password, at: now(), by: byOf(actor) })
  const name = login.trim().toLowerCase()
  if (request.json) printJson({ login: name, personId, password })
  else print(`已建立账号 ${name}。密码只显示这一次，请当面交给本人：\n\n  ${password}\n`)
  return EXIT.ok
}

async function personFor(
  { app, agencyId, now }: Installation,
  { values }: VerbRequest,
  actor: Actor,
): Promise<number> {
  const { person: name, roles } = values
  if (name === undefined || name.trim() === '')
    throw new UsageFault('请用 --person 姓名 写明账号属于谁')
  const { db } = app.connection
  const known = (await peopleInOffice(db, agencyId, dayOf(now()))).find((one) => one.name === name)
  if (known && roles !== undefined)
    throw new UsageFault(`“${name}”已在册，职责不在这里改；请去掉 --roles 再运行`)
  if (known) return known.id
  if (roles === undefined)
    throw new UsageFault(`没有在任人员“${name}”；要同时登记这个人，请加 --roles 职责`)
  const person = { agencyId, name, roles: readRoles(roles), at: now(), by: byOf(actor) }
  return addPerson(db, person)
}

async function reset(
  installation: Installation,
  request: VerbRequest,
  login: string,
  actor: Actor,
): Promise<typeof EXIT.ok> {
  const { agencyId, now } = installation
  const password = randomPassword()
  const accounts = accountsOf(installation)
  await accounts.reset({ agencyId, login, password, at: now(), by: byOf(actor) })
  if (request.json) printJson({ login, password })
  else print(`${login} 的密码已重设，原有会话已全部失效。只显示这一次：\n\n  ${password}\n`)
  return EXIT.ok
}

async function list(installation: Installation, { json }: VerbRequest): Promise<typeof EXIT.ok> {
  const rows = await accountsOf(installation).list(installation.agencyId)
  if (json) printJson({ accounts: rows })
  else if (rows.length === 0) print('还没有账号。新建：duoling user add 登录名 --person 姓名')
  else
    print(
      table(
        ['登录名', '姓名', '职责', '状态'],
        rows.map(({ login, name, roles, disabled, firstPassword }) => [
          ...[login, name, roles.map((role) => ROLE_NAMES[role]).join('、')],
          disabled ? '已停用' : firstPassword ? '初始密码' : '正常',
        ]),
      ),
    )
  return EXIT.ok
}
