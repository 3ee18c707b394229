/** The thread files are read in: what hangs or grows here is ended with the thread. */
import { parentPort } from 'node:worker_threads'
import type { FileText, Sheets } from '../domain/checks/file-text.ts'
import { readFile } from './file.ts'
import { readSheets } from './sheets.ts'

export interface ReadTask {
  readonly number: number
  readonly what: 'text' | 'sheets'
  readonly bytes: Uint8Array
  readonly mediaType: string
}

export interface ReadAnswer {
  readonly number: number
  readonly result: FileText | Sheets
}

parentPort?.on('message', async ({ number, what, bytes, mediaType }: ReadTask) => {
  const result = what === 'sheets' ? await readSheets(bytes) : await readFile(bytes, mediaType)
  parentPort?.postMessage({ number, result } satisfies ReadAnswer)
})
