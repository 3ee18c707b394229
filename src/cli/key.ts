/** `duoling key`: keys of programs. The token is shown once and kept nowhere. */
import { KEY_DAYS_MAX, KEY_KINDS, SCOPE_NAMES, SCOPES, type Scope } from '../domain/api-key.ts'
import { Refused } from '../domain/refusal.ts'
import { minuteOf } from '../domain/year.ts'
import { apiKeysOf } from './accounts.ts'
import { type Actor, AS_OPTION, AS_USAGE, actorOf, byOf } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { type Installation, personNamed, withInstallation } from './installation.ts'
import { table } from './table.ts'

const DAY_MS = 86_400_000
const DAYS_DEFAULT = '90'

export const key: Verb = {
  name: 'key',
  summary: '接口密钥：新建、查看、吊销',
  usage: [
    'add 名称 --person 姓名 --scopes read,import [--kind person|machine] [--days 90]',
    `| ls | revoke 编号   ${AS_USAGE} [--agency 编号] [--json]`,
  ].join(' '),
  words: 2,
  options: {
    ...{ ...AS_OPTION, person: 'value', scopes: 'value', kind: 'value' },
    ...{ days: 'value', agency: 'value' },
  },
  run: (request) =>
    withInstallation(request, async (installation) => {
      const actor = await actorOf(request, installation)
      if (actor.kind === 'person' && !actor.roles.includes('security-admin'))
        throw new Refused({ code: 'not-allowed', detail: '由安全管理员办理' })
      const [action, word] = request.words
      if (action === 'ls') return list(installation, request)
      if (action === 'add' && word !== undefined) return add(installation, request, word, actor)
      if (action === 'revoke' && word !== undefined)
        return revoke(installation, request, word, actor)
      throw new UsageFault(`用法：duoling key ${key.usage}`)
    }),
}

async function add(
  installation: Installation,
  request: VerbRequest,
  name: string,
  actor: Actor,
): Promise<typeof EXIT.ok> {
  const { app, agencyId, now } = installation
  const { values } = request
  const personId = await personNamed(app, agencyId, values['person'])
  const kind = KEY_KINDS.find((one) => one === (values['kind'] ?? 'person'))
  if (!kind) throw new UsageFault(`--kind 可写：${KEY_KINDS.join('、')}`)
  const days = values['days'] ?? DAYS_DEFAULT
  if (!/^[1-9]\d{0,2}$/.test(days) || Number(days) > KEY_DAYS_MAX)
    throw new UsageFault(`--days 应为 1 到 ${KEY_DAYS_MAX} 的整数`)
  const expiresAt = new Date(now().getTime() + Number(days) * DAY_MS)
  const made = await apiKeysOf(installation).add({
    ...{ agencyId, personId, name, kind, scopes: readScopes(values['scopes']), expiresAt },
    ...{ at: now(), by: byOf(actor) },
  })
  if (request.json) printJson({ ...made, expiresAt: expiresAt.toISOString() })
  else
    print(`已建立密钥 ${made.id}，${minuteOf(expiresAt)} 到期。只显示这一次：\n\n  ${made.token}\n`)
  return EXIT.ok
}

function readScopes(text: string | undefined): readonly Scope[] {
  const list = SCOPES.map((one) => `${one}（${SCOPE_NAMES[one]}）`).join('、')
  if (text === undefined) throw new UsageFault(`请用 --scopes 写明范围，可写：${list}`)
  return text.split(/[,，]/).map((written) => {
    const word = written.trim()
    const found = SCOPES.find((one) => one === word || SCOPE_NAMES[one] === word)
    if (!found) throw new UsageFault(`不认识范围“${word}”，可写：${list}`)
    return found
  })
}

async function list(installation: Installation, { json }: VerbRequest): Promise<typeof EXIT.ok> {
  const rows = await apiKeysOf(installation).list(installation.agencyId)
  if (json) printJson({ keys: rows })
  else if (rows.length === 0)
    print('还没有接口密钥。新建：duoling key add 名称 --person 姓名 --scopes read')
  else
    print(
      table(
        ['编号', '名称', '种类', '人员', '范围', '到期', '最近使用', '状态'],
        rows.map((row) => [
          ...[row.id, row.name, row.kind === 'machine' ? '机器' : '人员', row.personName],
          ...[row.scopes.join(','), minuteOf(row.expiresAt)],
          ...[row.lastUsedAt === null ? '从未' : minuteOf(row.lastUsedAt)],
          row.revokedAt === null ? '有效' : '已吊销',
        ]),
      ),
    )
  return EXIT.ok
}

async function revoke(
  installation: Installation,
  request: VerbRequest,
  word: string,
  actor: Actor,
): Promise<typeof EXIT.ok> {
  if (!/^[1-9]\d{0,14}$/.test(word)) throw new UsageFault('请写密钥编号，例如 duoling key revoke 3')
  const { agencyId, now } = installation
  const id = Number(word)
  const asked = { agencyId, id, at: now(), by: byOf(actor) }
  if (!(await apiKeysOf(installation).revoke(asked)))
    throw new Refused({ code: 'not-found', field: 'key', detail: word })
  if (request.json) printJson({ id, revoked: true })
  else print(`密钥 ${id} 已吊销，用它的程序随即不能再进入。`)
  return EXIT.ok
}
