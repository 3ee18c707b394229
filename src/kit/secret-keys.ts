/** The sealing keys of secrets, as the key file has them now: another process may have turned them a moment ago. */
import { type Key, type Keyring, readKeyring, turnSecretKey } from './keyring.ts'

export interface SecretKeys {
  /** what new values are sealed under; read anew at each question */
  current(): Promise<Key | undefined>
  /** what sealed the others until the turning is finished; read anew at each question */
  former(): Promise<Key | undefined>
  /** The file is read anew only for an id this process does not know. */
  find(id: string): Promise<Key | undefined>
  /** See `turnSecretKey`: the caller holds the lock. */
  turn(to: 'first' | 'next' | 'last'): Promise<void>
}

export function secretKeys({ path, secret, formerSecret }: Keyring): SecretKeys {
  const known = new Map<string, Key>()
  const learn = (...keys: readonly (Key | undefined)[]) => {
    for (const key of keys) if (key) known.set(key.id, key)
  }
  learn(secret, formerSecret)
  const read = async () => {
    const now = await readKeyring(path)
    learn(now.secret, now.formerSecret)
    return now
  }
  return {
    current: async () => (await read()).secret,
    former: async () => (await read()).formerSecret,
    async find(id) {
      if (!known.has(id)) await read()
      return known.get(id)
    },
    turn: (to) => turnSecretKey(path, to),
  }
}
