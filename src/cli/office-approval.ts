/** `duoling import approval`: the second person compares the scanned sheet with the text and confirms; only
 *  then is the paper approval of a document a signature. */
import { Refused } from '../domain/refusal.ts'
import { reuseApproval } from '../hub/office/approval.ts'
import { plannedOrders } from '../hub/submit.ts'
import { actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type VerbRequest } from './command.ts'
import { withInstallation } from './installation.ts'
import { printSigned } from './walk/signed.ts'
import { ordersOf } from './walk/typed.ts'

export function approval(request: VerbRequest, word: string) {
  if (!/^[1-9]\d{0,14}$/.test(word))
    throw new UsageFault('请写来文编号，例如 duoling import approval 3 --hash … --as lu')
  const typed = request.values['hash'] ?? ''
  // Whoever confirms says which text they compared.
  if (!/^[0-9a-f]{8,64}$/.test(typed))
    throw new UsageFault(
      '请用 --hash 写明稿件校验值开头的 8 到 64 位，见 duoling import office 的报告',
    )
  return withInstallation(request, async (installation) => {
    const { app, agencyId, now } = installation
    const { personId: confirmedBy } = personOnly(await actorOf(request, installation))
    const officeDocumentId = Number(word)
    const row = await app.hub.store.transact(agencyId, (tx) => tx.officeDocument(officeDocumentId))
    if (!row) throw new Refused({ code: 'not-found', field: 'officeDocument', detail: word })
    const { bulletinId, revisionHash } = row
    if (!revisionHash.startsWith(typed)) throw new Refused({ code: 'not-latest-revision' })
    const orders =
      (await ordersOf(installation, request)) ??
      (await app.hub.store.transact(agencyId, (tx) => plannedOrders(tx, bulletinId)))
    const signed = await reuseApproval(app.hub, {
      ...{ agencyId, officeDocumentId, confirmedBy, at: now(), revisionHash, orders },
    })
    if (request.json) printJson({ officeDocumentId, bulletin: bulletinId, ...signed })
    else {
      print(`来文 ${word} 的纸质审签已沿用，信息 ${bulletinId} 已签发：`)
      printSigned(signed)
    }
    return EXIT.ok
  })
}
