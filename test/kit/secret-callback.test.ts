/** A callback proved by the end of its address: either of two live secrets, and nothing else. */
import { expect, it } from 'vitest'
import { readSecretCallback } from '../../src/kit/secret-callback.ts'

const call = (last: string, secrets: readonly (string | undefined)[]) =>
  readSecretCallback(
    new Request(`https://hub.test/callback/x/${last}`, { method: 'POST', body: '[1]' }),
    secrets,
  )

it('takes the new secret and the one before, and no other', async () => {
  for (const last of ['new-one', 'old%2Done'])
    expect(await call(last, ['new-one', 'old-one'])).toEqual({ tree: [1] })
  expect(await call('old-one', ['new-one', undefined])).toMatchObject({ status: 403 })
  for (const last of ['', 'undefined', 'new-one-', '%E0%A4%A', 'other'])
    expect(await call(last, ['new-one', undefined, ''])).toMatchObject({ status: 403 })
})
