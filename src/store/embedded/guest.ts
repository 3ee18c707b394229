/** A process beside the owner: uses his server, changes none of its files, and ends the server only
 *  when the owner went first and left it running for this guest. */
import { realpath } from 'node:fs/promises'
import type { Client } from 'pg'
import type { Log } from '../../kit/log.ts'
import { takeOwnership } from './ownership.ts'
import { type Place, readPointer, serverFolder } from './place.ts'
import { findPostmaster, peekPostmaster, stopPostmaster } from './postmaster.ts'
import { isRefusedLogin, openGuest, otherGuests, ownerUrl, passwordFault } from './session.ts'

interface Joined {
  readonly ownerUrl: string
  readonly adopted: false
  readonly joined: true
  readonly major: number
  stop(): Promise<void>
}

/** Undefined while the owner's server is still starting, or already going. */
export async function joinServer(dataFolder: string, log: Log): Promise<Joined | undefined> {
  const pointer = await readPointer(dataFolder)
  // The owner has not finished making it.
  const cluster = pointer && (await realpath(pointer.cluster).catch(() => undefined))
  if (!pointer || cluster === undefined) return undefined
  const place = { ...pointer, cluster }
  const found = await peekPostmaster(cluster)
  if (!found?.ready) return undefined
  const session = await openPatiently(place, found.port)
  if (!session) return undefined
  let stopped: Promise<void> | undefined
  const stop = () => {
    stopped ??= leave(dataFolder, cluster, session, log)
    return stopped
  }
  const url = ownerUrl(place, found.port)
  const { rows } = await session.query<{ v: string }>("select current_setting('server_version') v")
  const major = Number.parseInt(rows[0]?.v ?? '', 10)
  return { ownerUrl: url, adopted: false, joined: true, major, stop }
}

async function openPatiently(place: Place, port: number): Promise<Client | undefined> {
  try {
    return await openGuest(place, port)
  } catch (error) {
    if (isRefusedLogin(error)) throw passwordFault(place, error)
    return undefined
  }
}

async function leave(
  dataFolder: string,
  cluster: string,
  session: Client,
  log: Log,
): Promise<void> {
  const others = await otherGuests(session)
  await session.end().catch(() => {})
  if (others > 0) return
  const ownership = takeOwnership(serverFolder(dataFolder))
  if (!ownership) return
  try {
    const left = await findPostmaster(cluster)
    if (left) await stopPostmaster(left.pid, cluster, log)
  } finally {
    ownership.release()
  }
}
