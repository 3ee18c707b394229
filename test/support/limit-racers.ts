/** Processes that ask for tokens of one account as fast as they can, and tell when each call arrived, by
 *  the database's clock: the platform's own book, kept where no process can tidy it up. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Rates } from '../../src/domain/rates.ts'

const ROOT = join(import.meta.dirname, '../..')

export interface Race {
  readonly url: string
  readonly agencyId: number
  readonly account: string
  readonly rates: Rates
  readonly perCall: 'one' | 'batch'
  readonly addressIds: readonly number[]
  /** loops in each process, each on a connection of its own */
  readonly loops: number
  readonly asks: number
  readonly recipientsMax: number
  readonly holdMs: number
  /** waits between asks; otherwise as long as the answer said */
  readonly pauseMs?: number
}

export interface Arrival {
  readonly at: number
  readonly addressIds: readonly number[]
}

const PROGRAM = `
  const [root, text] = process.argv.slice(1)
  const race = JSON.parse(text)
  const { connect } = await import(root + '/src/store/connect.ts')
  const { takeTokens, answerTokens } = await import(root + '/src/store/limits/tokens.ts')
  const { db, pool, close } = connect(race.url, { connectionsMax: race.loops + 1 })
  const arrivals = []
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const { agencyId, account, rates, perCall, holdMs } = race
  const loop = async (number) => {
    for (let ask = 0; ask < race.asks; ask++) {
      const size = 1 + Math.floor(Math.random() * race.recipientsMax)
      const addressIds = race.addressIds.toSorted(() => Math.random() - 0.5).slice(0, size)
      const id = process.pid + '.' + number + '.' + ask
      const request = { agencyId, account, rates, perCall, holdMs, id, addressIds, lane: 'normal' }
      const { granted, laterMs, restedMs } = await takeTokens(db, request)
      if (granted.length > 0) {
        await pause(Math.random() * 20)
        const { rows } = await pool.query(
          'select (extract(epoch from clock_timestamp()) * 1000)::float8 as at')
        arrivals.push({ at: rows[0].at, addressIds: granted })
        const overAt = performance.now()
        await pause(Math.random() * 20)
        // One in eight dies before it can answer.
        if (Math.random() < 0.875)
          await answerTokens(db, { agencyId, account, rates, id, addressIds: granted,
            unsent: new Set(), limited: new Set(), sinceMs: performance.now() - overAt })
      }
      await pause(race.pauseMs ?? Math.min(200, Math.max(laterMs, restedMs)))
    }
  }
  await Promise.all(Array.from({ length: race.loops }, (_, number) => loop(number)))
  await close()
  console.log(JSON.stringify(arrivals))
`

/** All that arrived, in order. */
export async function race(processes: number, what: Race): Promise<readonly Arrival[]> {
  const found = await Promise.all(Array.from({ length: processes }, () => raceIn(what)))
  return found.flat().sort((a, b) => a.at - b.at)
}

function raceIn(what: Race): Promise<readonly Arrival[]> {
  return new Promise((resolve, reject) => {
    const args = ['--input-type=module', '-e', PROGRAM, ROOT, JSON.stringify(what)]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (chunk) => {
      said += String(chunk)
    })
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`a racer ended with ${code}`)),
    )
  })
}
