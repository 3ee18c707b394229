/** The log of a process: JSON lines in which secrets, full phone numbers and mailboxes cannot stand,
 *  whatever was passed in. */
import { type DestinationStream, destination, type LevelWithSilent, type Logger, pino } from 'pino'

export type Log = Logger

const REDACTED = '[隐去]'
const DEPTH_MAX = 6
const SECRET_NAME = /passw|secret|token|authorization|cookie|credential|apikey|api_key|^key$|Key$/i
// Long digit runs of other kinds are left alone: identities and times are digits too.
const PHONE = /(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)/g
const MAILBOX = /([\p{L}\p{N}])[\p{L}\p{N}._%+-]*@([\p{L}\p{N}-]+\.[\p{L}\p{N}.-]+)/gu
const CREDENTIALS = /(:\/\/)[^\s/@]*@/g
const QUERY_SECRET = /([?&](?:access_token|token|secret|key|sign|signature)=)[^&\s"]+/gi

export interface LogOptions {
  readonly level?: LevelWithSilent
  /** a file, or any stream; the error output when left out, so that stdout stays the answer's */
  readonly to?: string | DestinationStream
}

export function createLog(options: LogOptions = {}): Log {
  const to = options.to ?? 2
  const stream = typeof to === 'object' ? to : openFile(to)
  return pino(
    {
      level: options.level ?? 'info',
      base: { pid: process.pid },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      // An error is cut down to its safe fields before anything else looks at it.
      formatters: { log: (record) => redactRecord(record, 0) },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args.map((arg, place) =>
            typeof arg === 'string' || place > 0 ? redactValue(arg, 0) : arg,
          )
          method.apply(this, [first, ...rest] as typeof args)
        },
        // Again on the finished line: fields of a child logger and messages made of errors pass here.
        streamWrite: (line) => `${JSON.stringify(redactRecord(JSON.parse(line), 0))}\n`,
      },
      serializers: { err: (error: unknown) => error },
    },
    stream,
  )
}

const UNWRITTEN_CHARACTERS_MAX = 1_000_000

/** A full disk must not end the process that reports it: lines wait for room, a bounded number of them, and
 *  the error output says so once. */
function openFile(to: string | number): DestinationStream {
  const file = destination({
    ...{ dest: to, sync: true, mkdir: true, maxLength: UNWRITTEN_CHARACTERS_MAX },
  })
  let told = false
  file.on('error', (error: Error) => {
    if (!told) process.stderr.write(`日志写不进 ${to}：${error.message}；有空间后会接着写\n`)
    told = true
  })
  file.on('write', () => {
    told = false
  })
  return file
}

/** Numbers and mailboxes shortened to what a reader needs to recognise one he already knows. */
export function redactText(text: string): string {
  return text
    .replace(CREDENTIALS, `$1${REDACTED}@`)
    .replace(QUERY_SECRET, `$1${REDACTED}`)
    .replace(PHONE, '$1****$2')
    .replace(MAILBOX, '$1***@$2')
}

function redactRecord(record: object, depth: number): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(record))
    result[name] = SECRET_NAME.test(name) ? REDACTED : redactValue(value, depth + 1)
  return result
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value)
  if (typeof value === 'number' && /^1[3-9]\d{9}$/.test(String(value)))
    return redactText(String(value))
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return value
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} 字节]`
  if (depth > DEPTH_MAX) return '[…]'
  if (value instanceof Error) return redactError(value, depth)
  if (Array.isArray(value)) return value.map((one) => redactValue(one, depth + 1))
  return redactRecord(value, depth)
}

/** Only these fields: a database error's detail quotes the row it is about. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const code = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    message: redactText(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
  }
}
