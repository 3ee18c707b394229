/** Reads files in a thread of their own, one at a time, within a limit of time and memory. It never
 *  throws for what is inside a file: that a file could not be read is an answer. */
import { Worker } from 'node:worker_threads'
import type { FileText, Sheets, UnreadableReason } from '../domain/checks/file-text.ts'
import type { ReadAnswer, ReadTask } from './read-worker.ts'

export interface ReaderLimits {
  /** one file */
  readonly fileMsMax: number
  /** all files of one bulletin */
  readonly togetherMsMax: number
  readonly heapMegabytesMax: number
}

const LIMITS: ReaderLimits = { fileMsMax: 15_000, togetherMsMax: 60_000, heapMegabytesMax: 768 }

type ReadText = (bytes: Uint8Array, mediaType: string, name: string) => Promise<FileText>

export interface Reader {
  readonly read: ReadText
  together(): { readonly read: ReadText }
  sheets(bytes: Uint8Array): Promise<Sheets>
  close(): Promise<void>
}

export function openReader(limits: ReaderLimits = LIMITS): Reader {
  const thread = readingThread(limits.heapMegabytesMax)
  const read = async (bytes: Uint8Array, mediaType: string, msMax: number): Promise<FileText> => {
    if (msMax <= 0) return { kind: 'unreadable', reason: 'timed-out' }
    const answer = await thread.run({ what: 'text', bytes, mediaType }, msMax)
    if (typeof answer === 'string') return { kind: 'unreadable', reason: answer }
    return 'kind' in answer ? answer : { kind: 'unreadable', reason: 'corrupt' }
  }
  return {
    read: (bytes, mediaType) => read(bytes, mediaType, limits.fileMsMax),
    together() {
      let left = limits.togetherMsMax
      return {
        async read(bytes, mediaType) {
          const began = performance.now()
          const file = await read(bytes, mediaType, Math.min(left, limits.fileMsMax))
          left -= performance.now() - began
          return file
        },
      }
    },
    async sheets(bytes) {
      const task = { what: 'sheets', bytes, mediaType: '' } as const
      const answer = await thread.run(task, limits.fileMsMax)
      if (typeof answer === 'string') return { unreadable: answer }
      return 'kind' in answer ? { unreadable: 'corrupt' } : answer
    },
    close: () => thread.close(),
  }
}

type Result = FileText | Sheets | UnreadableReason

/** One thread, started when first needed and again after it had to be ended. */
function readingThread(heapMegabytesMax: number) {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()
  let number = 0

  function start(): Worker {
    const started = new Worker(new URL('./read-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: heapMegabytesMax },
      // The thread needs nothing of the process, least of all its secrets.
      ...{ env: {}, stdout: true, stderr: true },
    })
    // A process that has nothing else to do may end.
    started.unref()
    return started
  }

  async function end(): Promise<void> {
    const ended = worker
    worker = undefined
    await ended?.terminate()
  }

  async function one(task: Omit<ReadTask, 'number'>, msMax: number): Promise<Result> {
    worker ??= start()
    number += 1
    const result = await ask(worker, { ...task, number }, msMax)
    if (typeof result === 'string') await end()
    return result
  }

  return {
    run(task: Omit<ReadTask, 'number'>, msMax: number): Promise<Result> {
      const result = last.then(() => one(task, msMax))
      last = result.catch(() => undefined)
      return result
    },
    close: end,
  }
}

function ask(worker: Worker, task: ReadTask, msMax: number): Promise<Result> {
  return new Promise((resolve) => {
    const settle = (result: Result) => {
      clearTimeout(timer)
      worker.off('message', onMessage)
      worker.off('error', onError)
      worker.off('exit', onError)
      worker.unref()
      resolve(result)
    }
    const onMessage = (answer: ReadAnswer) => {
      if (answer.number === task.number) settle(answer.result)
    }
    // Out of memory, or a fault in a parser: the thread is gone, and so is what it was reading.
    const onError = () => settle('swollen')
    const timer = setTimeout(() => settle('timed-out'), msMax)
    worker.on('message', onMessage)
    worker.on('error', onError)
    worker.on('exit', onError)
    worker.ref()
    worker.postMessage(task)
  })
}
