/** The secrets an agency's roads find, for verbs that hide them, sign with them, or say which cannot be read. */
import type { Check } from './doctor-roads.ts'
import type { Installation } from './installation.ts'

/** As a road finds it: on file first, then in the environment; one that cannot be read is none. */
export async function secretFinder({
  app,
  agencyId,
  config,
}: Installation): Promise<(name: string) => string | undefined> {
  const secrets = await app.secrets.of(agencyId)
  return (name) => {
    try {
      return secrets.value(name) ?? config.secret(name)
    } catch {
      return undefined
    }
  }
}

/** What is on file and cannot be read, each in words with what to do. */
export async function secretProblems({
  app,
  agencyId,
}: Pick<Installation, 'app' | 'agencyId'>): Promise<ReadonlyMap<string, string>> {
  const names = (await app.hub.store.transact(agencyId, (tx) => tx.secrets())).map(
    ({ name }) => name,
  )
  const secrets = await app.secrets.of(agencyId)
  const problems = new Map<string, string>()
  for (const name of names) {
    try {
      secrets.value(name)
    } catch (error) {
      problems.set(name, error instanceof Error ? error.message : '打不开')
    }
  }
  return problems
}

export async function secretCheck(installation: Installation): Promise<Check> {
  const { app, agencyId } = installation
  const base = { id: 'secrets', name: '机密' }
  const problems = [...(await secretProblems(installation)).values()]
  if (problems.length > 0) {
    const fix =
      '恢复或复制来与这个数据库配套的 keys.json；真的丢了，用 duoling secret set 逐个重新设置'
    return { ...base, level: 'bad', detail: problems.join('；'), fix }
  }
  const { length } = await app.hub.store.transact(agencyId, (tx) => tx.secrets())
  if (!(await app.keys.secretKeys.former()))
    return { ...base, level: 'ok', detail: `${length} 个，都能读` }
  const fix = '接着做完：duoling secret rotate-key --as 登录名'
  return { ...base, level: 'warning', detail: '更换封存密钥没有做完', fix }
}
