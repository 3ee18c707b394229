/** What is wrong with settings, each field by its path, as a person is told: what a schema found, names that
 *  stand twice, secrets that are not there. */

export interface SettingProblem {
  readonly field: string
  readonly text: string
}

interface Issue {
  readonly code?: string | undefined
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

export function schemaProblems(issues: readonly Issue[]): SettingProblem[] {
  return issues.flatMap(({ code, path, message, keys = [] }) => {
    const place = path.map(String).join('.')
    if (code === 'unrecognized_keys')
      return keys.map((key) => ({
        field: place ? `${place}.${key}` : key,
        text: '没有这一项设置，请删除或核对名称',
      }))
    return [{ field: place || 'settings', text: message }]
  })
}

/** `list.INDEX.name` of each value that stood in the list before. */
export function repeatedProblems(
  list: string,
  name: string,
  values: readonly string[],
  text: string,
): SettingProblem[] {
  return values.flatMap((value, index) =>
    values.indexOf(value) === index ? [] : [{ field: `${list}.${index}.${name}`, text }],
  )
}

/** One that is there and cannot be read is explained by `doctor`. */
export function missingSecret(name: string): string {
  return `没有名为 ${name} 的机密，请先设置：duoling secret set ${name} --as 登录名；设过的看 duoling doctor 的“机密”一行`
}

/** Reads every secret that settings name, so that a missing one is found before the first message; by the
 *  field that names it. A field without a name has none. */
export function readSecrets(
  named: readonly (readonly [field: string, name: string | undefined])[],
  secret: (name: string) => string,
): { readonly found: ReadonlyMap<string, string>; readonly problems: readonly SettingProblem[] } {
  const found = new Map<string, string>()
  const problems: SettingProblem[] = []
  for (const [field, name] of named) {
    if (name === undefined) continue
    try {
      found.set(field, secret(name))
    } catch {
      problems.push({ field, text: missingSecret(name) })
    }
  }
  return { found, problems }
}
