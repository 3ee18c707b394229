/** `duoling secret`: passwords and tokens of platforms, set, listed without their values, taken away; and the key
 *  that seals them, turned. */
import { minuteOf } from '../domain/year.ts'
import { noteKeyTurning, removeSecret, setSecret, usesOf } from '../hub/secrets.ts'
import { sha256Hex } from '../kit/hash.ts'
import { rotateSecretKey } from '../store/secrets/rotate.ts'
import { AS_OPTION, actorOf, personOnly } from './actor.ts'
import {
  EXIT,
  type Exit,
  print,
  printJson,
  UsageFault,
  type Verb,
  type VerbRequest,
} from './command.ts'
import { type Installation, withInstallation } from './installation.ts'
import { readSecretValue } from './secret-value.ts'
import { table } from './table.ts'

const MARK_CHARACTERS = 4

export const secret: Verb = {
  name: 'secret',
  summary: '机密：平台的密码和密钥，封存在数据库里',
  usage:
    'set 名称 --as 登录名 | ls | remove 名称 --as 登录名 | rotate-key --as 登录名 [--agency 编号] [--json]',
  words: 3,
  options: { ...AS_OPTION, agency: 'value' },
  run: (request) => {
    // What was typed may be a secret: it is not repeated, and it stands in the shell's history now.
    if (request.words.length > 2)
      throw new UsageFault(
        '值不写在命令行上：从管道送进来，或照提示输入；已经写出的值留在命令历史里，请在平台上换一个',
      )
    return withInstallation(request, async (installation) => {
      const [action = 'ls', name] = request.words
      if (action === 'ls' && name === undefined) return list(installation, request)
      if (action === 'rotate-key' && name === undefined) return rotate(installation, request)
      if (action === 'set' && name !== undefined) return set(installation, request, name)
      if (action === 'remove' && name !== undefined) return remove(installation, request, name)
      throw new UsageFault(`用法：duoling secret ${secret.usage}`)
    })
  },
}

async function set(installation: Installation, request: VerbRequest, name: string): Promise<Exit> {
  const { app, agencyId, now } = installation
  const { personId: by } = personOnly(await actorOf(request, installation))
  const value = await readSecretValue()
  const version = await setSecret(app.hub, { agencyId, name, value, by, at: now() })
  if (request.json) printJson({ name, version })
  else print(`已设置 ${name}（第 ${version} 次）。运行中的程序几秒内换用，不用重新启动。`)
  return EXIT.ok
}

async function remove(
  installation: Installation,
  request: VerbRequest,
  name: string,
): Promise<Exit> {
  const { app, agencyId, now } = installation
  const { personId: by } = personOnly(await actorOf(request, installation))
  await removeSecret(app.hub, { agencyId, name, by, at: now() })
  if (request.json) printJson({ name, removed: true })
  else print(`已删除 ${name}。`)
  return EXIT.ok
}

async function rotate(installation: Installation, request: VerbRequest): Promise<Exit> {
  const { app, agencyId, now } = installation
  const { personId: by } = personOnly(await actorOf(request, installation))
  await noteKeyTurning(app.hub, { agencyId, by, at: now() })
  const rotated = await rotateSecretKey(app.connection.db, app.keys.secretKeys)
  const { resealed, unreadable, keyId, takenUp, retired } = rotated
  if (request.json) printJson(rotated)
  else {
    if (takenUp) print('上一次更换没有做完，这次接着做完。')
    print(`已重新封存 ${resealed} 个值，现在的封存密钥是 ${keyId}。`)
    print('请马上重新备份 keys.json；另有别的机器在运行的，把新的 keys.json 复制过去。')
    if (unreadable.length > 0)
      print(`打不开的（单位/名称）：${unreadable.join('、')}。请用 duoling secret set 重新设置`)
    if (!retired) print('旧密钥还有内容在用，暂时保留；处理好后再运行一次。')
  }
  return unreadable.length > 0 || !retired ? EXIT.findings : EXIT.ok
}

interface Listed {
  readonly name: string
  readonly version: number
  readonly setAt: Date
  readonly setBy: string
  readonly usedBy: readonly string[]
  /** last characters of the digest; undefined when the value cannot be read */
  readonly digestEnd?: string
  readonly problem?: string
  /** the environment has another of this name, which is not used */
  readonly alsoInEnvironment: boolean
}

async function list(installation: Installation, { json }: VerbRequest): Promise<Exit> {
  const { app, agencyId, config } = installation
  const { rows, uses } = await app.hub.store.transact(agencyId, async (tx) => ({
    rows: await tx.secrets(),
    uses: await usesOf(app.hub, tx),
  }))
  const values = await app.secrets.of(agencyId)
  const secrets = rows.map(({ name, version, setAt, setBy }): Listed => {
    const usedBy = uses.get(name) ?? []
    const alsoInEnvironment = config.secret(name) !== undefined
    const base = { name, version, setAt, setBy, usedBy, alsoInEnvironment }
    try {
      return { ...base, digestEnd: sha256Hex(values.value(name) ?? '').slice(-MARK_CHARACTERS) }
    } catch (error) {
      return { ...base, problem: error instanceof Error ? error.message : '打不开' }
    }
  })
  const known = new Set(secrets.map((one) => one.name))
  const elsewhere = [...uses.keys()]
    .filter((name) => !known.has(name))
    .map((name) => ({
      ...{ name, usedBy: uses.get(name) ?? [], inEnvironment: config.secret(name) !== undefined },
    }))
  if (json) printJson({ secrets, notSet: elsewhere })
  else show(secrets, elsewhere)
  return secrets.some((one) => one.problem !== undefined) ? EXIT.findings : EXIT.ok
}

function show(
  secrets: readonly Listed[],
  elsewhere: readonly {
    readonly name: string
    readonly usedBy: readonly string[]
    readonly inEnvironment: boolean
  }[],
): void {
  if (secrets.length === 0 && elsewhere.length === 0) {
    print('还没有机密。设置：duoling secret set 名称 --as 登录名')
    return
  }
  const rows = [
    ...secrets.map((one) => [
      ...[one.name, String(one.version), minuteOf(one.setAt), one.setBy, one.digestEnd ?? '打不开'],
      ...[one.usedBy.join('、'), one.alsoInEnvironment ? '环境变量里也有，没有使用' : ''],
    ]),
    ...elsewhere.map((one) => [
      ...[one.name, '', '', '', '', one.usedBy.join('、')],
      one.inEnvironment ? '在环境变量里' : '没有设置',
    ]),
  ]
  print(table(['名称', '第几次', '设置时间', '设置人', '指纹末位', '用在', '说明'], rows))
  for (const { problem } of secrets) if (problem !== undefined) print(problem)
}
