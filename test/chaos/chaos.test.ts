/** Proves that the run of kills can fail: with a planted fault in the worker it sees doubles, or losses. */
import { inject, it } from 'vitest'
import { openTemporaryServer } from '../support/temporary-database.ts'
import { longRun } from './long-run.ts'
import type { Plant } from './worker.ts'

const KILLS = 5
/** Two runs at once on a busy machine. */
const PATIENCE_MS = 180_000

async function shortRun(plant: Plant) {
  const server = await openTemporaryServer(inject('server').url)
  try {
    return await longRun({ server, kills: KILLS, seed: 7, plant, chunked: false, onKill: () => {} })
  } finally {
    await server.remove()
  }
}

it.concurrent(
  'sees doubles when what was begun is sent again',
  async ({ expect }) => {
    const verdict = await shortRun('resend')
    expect(verdict.doubled).toBeGreaterThan(0)
  },
  PATIENCE_MS,
)

it.concurrent(
  'sees losses when what was begun is taken for sent',
  async ({ expect }) => {
    const verdict = await shortRun('assume')
    expect(verdict.lost - verdict.drift).toBeGreaterThan(0)
  },
  PATIENCE_MS,
)
