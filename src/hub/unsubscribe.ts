/** 退订: the holder of a signed link takes their own address off; nobody else can. */
import type { Hub } from './ports.ts'

/** False when the address had been taken off before. */
export function unsubscribe(
  hub: Hub,
  request: { readonly agencyId: number; readonly addressId: number; readonly at: Date },
): Promise<boolean> {
  const { agencyId, addressId, at } = request
  return hub.store.transact(agencyId, async (tx) => {
    const done = await tx.unsubscribe(addressId, at)
    if (done)
      await tx.audit({ at, action: 'unsubscribe', subject: `address/${addressId}`, facts: {} })
    return done
  })
}
