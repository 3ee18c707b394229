/** Everything the API asks of the database by itself: signing in, keys, repeated requests and lists. */
import { openAccounts } from '../../src/store/accounts/accounts.ts'
import { openAnswers } from '../../src/store/accounts/answers.ts'
import { openApiKeys } from '../../src/store/accounts/api-keys.ts'
import { addPerson } from '../../src/store/accounts/persons.ts'
import { openPins } from '../../src/store/accounts/pins.ts'
import { type Bureau, MORNING } from './bureau.ts'

const PASSWORD = '灰鹤Abc-12345'
const DAY_MS = 86_400_000

export async function walkDesk(bureau: Bureau): Promise<void> {
  const { agencyId, test } = bureau
  const { db } = test.connection
  const accounts = openAccounts(db, { secret: 'w'.repeat(43), secure: () => false })
  const at = MORNING
  const personId = await addPerson(db, { agencyId, name: '走查员', roles: ['drafter'], at })
  await accounts.add({ agencyId, personId, login: 'walker', password: PASSWORD, at })
  const { cookies } = await accounts.signIn({ login: 'walker', password: PASSWORD, at })
  await accounts.session(cookies[0]?.split(';')[0] ?? '', at)
  await accounts.reset({ agencyId, login: 'walker', password: PASSWORD, at })
  await accounts.list(agencyId)
  const keys = openApiKeys(db)
  const expiresAt = new Date(at.getTime() + DAY_MS)
  const wanted = { name: '走查', kind: 'person', scopes: ['read'], expiresAt } as const
  const { id, token } = await keys.add({ ...wanted, agencyId, personId, at })
  await keys.holder(token, at)
  await keys.list(agencyId)
  await keys.revoke({ agencyId, id, at })
  await walkAnswers(bureau)
  await walkSignOff(bureau, personId)
  await walkLists(bureau)
}

async function walkSignOff({ agencyId, test }: Bureau, personId: number): Promise<void> {
  const pins = openPins(test.connection.db, test.keys.item)
  const holder = { agencyId, personId, at: MORNING }
  await pins.prove({ ...holder, pin: '739518' }).catch(() => undefined)
  await pins.set({ ...holder, pin: '739518' })
  await pins.prove({ ...holder, pin: '850274' }).catch(() => undefined)
  await pins.state(agencyId, personId)
  await pins.unlock(holder)
  await test.hub.store.transact(agencyId, async (tx) => {
    await tx.handedIn(5)
    const [signed] = await tx.latelySigned(new Date(0), 5)
    await tx.revisions(signed?.id ?? 0)
    await tx.signaturesBy(signed?.id ?? 0, personId)
    await tx.inOffice('leader', '2026-11-25')
    await tx.names([personId])
  })
}

async function walkAnswers({ agencyId, test }: Bureau): Promise<void> {
  const answers = openAnswers(test.connection.db, test.keys.item)
  const mark = { agencyId, actor: 'person/1', route: 'POST /x', body: new Uint8Array(1) }
  for (const key of ['kept', 'released']) {
    const claimed = await answers.claim({ ...mark, key })
    if (claimed.kind !== 'mine') throw new Error(claimed.kind)
    if (key === 'released') await answers.release(claimed.claim)
    else {
      await test.hub.store.transact(agencyId, (tx) => tx.markCarriedOut(claimed.claim))
      await answers.keep(claimed.claim, { status: 200, headers: {}, body: '{}' })
      await answers.claim({ ...mark, key })
    }
  }
}

async function walkLists({ agencyId, test }: Bureau): Promise<void> {
  const { lists } = test.hub.store
  const window = { limit: 10, after: 1_000_000 }
  const [bulletin] = await lists.bulletins(agencyId, { ...window, categoryId: 'notice' })
  const bulletinId = bulletin?.id ?? 0
  await lists.bulletin(agencyId, bulletinId)
  await lists.progress(agencyId, bulletinId)
  const [publication] = await lists.publications(agencyId, { ...window, bulletinId })
  await lists.publication(agencyId, publication?.id ?? 0)
  const [dispatch] = await lists.dispatches(agencyId, { ...window, channelId: 'wire' })
  await lists.dispatch(agencyId, dispatch?.id ?? 0)
  await lists.deliveries(agencyId, dispatch?.id ?? 0, { limit: 10, state: 'accepted' })
  await lists.imports(agencyId, window)
  await lists.channels(agencyId)
  await lists.audit(agencyId, { ...window, action: 'sign' })
  await lists.heldRoads(agencyId)
  await test.hub.store.transact(agencyId, (tx) => tx.releaseRoad('told', 'first'))
  await lists.preparedTexts(agencyId, window)
  await lists.relayedMessages(agencyId, { ...window, sourceId: 1 })
  await lists.paperSheets(agencyId, { ...window, bulletinId, waiting: true })
}
