/** 本单位词库: adds a word of the agency's own and retires one. Both are audited; a retired word stays on
 *  file, because earlier checks used it. */
import { type DictionaryWord, whyNotAWord } from '../../domain/checks/dictionary.ts'
import { Refused } from '../../domain/refusal.ts'
import { may, type Role } from '../../domain/role.ts'
import { actor } from '../people.ts'
import type { Hub, Tx } from '../ports.ts'

interface WordRequest {
  readonly agencyId: number
  readonly by: number
  readonly at: Date
}

const KEEPERS: readonly Role[] = ['secrecy-reviewer', 'security-admin']

/** @throws Refused */
export function addWord(
  hub: Hub,
  request: WordRequest & { readonly word: DictionaryWord },
): Promise<number> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { word, by, at } = request
    await mayKeep(tx, request)
    const why = whyNotAWord(word)
    if (why)
      throw new Refused({ code: why === 'missing' ? 'missing-field' : 'too-long', field: 'word' })
    const known = (await tx.dictionaryWords()).some((one) => one.word === word.word)
    if (known) throw new Refused({ code: 'already-confirmed', field: 'word' })
    const id = await tx.addDictionaryWord(word, by, at)
    await tx.audit({
      ...{ at, actorId: by, action: 'add-word', subject: `dictionary/${id}` },
      facts: { kind: word.kind, severity: word.severity },
    })
    return id
  })
}

/** @throws Refused */
export function retireWord(
  hub: Hub,
  request: WordRequest & { readonly id: number },
): Promise<void> {
  return hub.store.transact(request.agencyId, async (tx) => {
    const { id, by, at } = request
    await mayKeep(tx, request)
    if (!(await tx.retireDictionaryWord(id, by, at)))
      throw new Refused({ code: 'not-found', field: 'word' })
    await tx.audit({
      at,
      actorId: by,
      action: 'retire-word',
      subject: `dictionary/${id}`,
      facts: {},
    })
  })
}

async function mayKeep(tx: Tx, { by, at }: WordRequest): Promise<void> {
  if (!may(await actor(tx, by, at), ...KEEPERS)) throw new Refused({ code: 'not-allowed' })
}
