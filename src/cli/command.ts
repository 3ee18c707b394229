/** What every verb of the command line shares: its words, its exit codes, its two ways of printing. */
import { parseArgs } from 'node:util'
import { maskNumbers } from '../domain/masking.ts'
import { describe, quotable, Refused } from '../domain/refusal.ts'
import { EnvironmentFault } from '../kit/environment-fault.ts'

/** 0 done, 1 findings, 2 usage, 3 environment, 4 refused by policy. */
export const EXIT = { ok: 0, findings: 1, usage: 2, environment: 3, refused: 4 } as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

export interface Verb {
  readonly name: string
  /** one line for the list of verbs */
  readonly summary: string
  /** how many words it takes besides options; what is more would be silently left out */
  readonly words?: number
  /** how it is written, after the name */
  readonly usage: string
  readonly options: Readonly<Record<string, 'flag' | 'value'>>
  run(request: VerbRequest): Promise<Exit>
}

export interface VerbRequest {
  readonly words: readonly string[]
  readonly flags: Readonly<Record<string, boolean>>
  readonly values: Readonly<Record<string, string>>
  /** `--json`: one object on stdout and nothing else */
  readonly json: boolean
}

/** How it was written cannot be carried out; the message names the right form. */
export class UsageFault extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'UsageFault'
  }
}

export function readRequest(verb: Verb, argv: readonly string[]): VerbRequest {
  const options = Object.fromEntries(
    Object.entries({ ...verb.options, json: 'flag' as const }).map(([name, kind]) => [
      name,
      { type: kind === 'flag' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  let parsed: ReturnType<typeof parseArgs>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageFault(`${whyNot(error)}\n用法：duoling ${verb.name} ${verb.usage}`, {
      cause: error,
    })
  }
  const extra = parsed.positionals[verb.words ?? 0]
  if (extra !== undefined)
    throw new UsageFault(`多写了“${extra}”\n用法：duoling ${verb.name} ${verb.usage}`)
  const flags: Record<string, boolean> = {}
  const values: Record<string, string> = {}
  for (const [name, value] of Object.entries(parsed.values)) {
    if (typeof value === 'boolean') flags[name] = value
    else if (typeof value === 'string') values[name] = value
  }
  return { words: parsed.positionals, flags, values, json: flags['json'] ?? false }
}

/** The parser's own sentences are English; only the option they name is kept. */
function whyNot(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error)
  const option = /'(-[^' ]*)/.exec(text)?.[1]?.slice(0, QUOTED_CHARACTERS_MAX) ?? ''
  if (/^Unknown option/.test(text)) return `没有 ${option} 这个选项`
  if (/does not take an argument/.test(text)) return `${option} 后面不带内容`
  if (/argument (?:missing|is ambiguous)/.test(text)) return `${option} 后面缺少内容`
  return '选项的写法不对'
}

const MESSAGE_CHARACTERS_MAX = 8_000
const QUOTED_CHARACTERS_MAX = 80

/** A message as it may stand on a terminal: what was typed, which stands between “”, is cut, and holds neither
 *  characters that steer the terminal nor somebody's number. */
export function calm(text: string): string {
  return maskNumbers(
    text
      .replace(/“([^”]*)”/g, (_, typed: string) => `“${quotable(typed, QUOTED_CHARACTERS_MAX)}”`)
      .replace(/[^\P{C}\n]/gu, '?')
      .slice(0, MESSAGE_CHARACTERS_MAX),
  )
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Says what went wrong, once, with the next step; a stack only for what nobody foresaw. */
export function explain(error: unknown): Exit {
  if (error instanceof UsageFault) {
    process.stderr.write(`${calm(error.message)}\n`)
    return EXIT.usage
  }
  if (error instanceof Refused) {
    process.stderr.write(`${calm(describe(error.refusal))}\n`)
    return EXIT.refused
  }
  if (error instanceof EnvironmentFault) {
    process.stderr.write(`${calm(error.message)}\n`)
    return EXIT.environment
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  process.stderr.write(`没有预料到的错误，请把下面的内容交给维护人员：\n${text}\n`)
  return EXIT.environment
}

/** A year as it is typed. */
export function readYear(request: VerbRequest, fallback: number): number {
  const text = request.values['year']
  if (text === undefined) return fallback
  if (!/^20\d\d$/.test(text)) throw new UsageFault('--year 应为四位年份，例如 --year 2018')
  return Number(text)
}
