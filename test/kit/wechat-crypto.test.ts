/** The callback encryption of the WeChat platforms against their own library, `@wecom/crypto`, in both
 *  directions; and against everything that is no callback. */
import { decrypt, encrypt, getSignature } from '@wecom/crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isWechatSignature,
  openWechat,
  sealWechat,
  wechatKey,
  wechatSignature,
} from '../../src/kit/wechat-crypto.ts'

const ENCODED = 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG'
const KEY = keyOf(ENCODED)

function keyOf(encoded: string): Buffer {
  const key = wechatKey(encoded)
  if (!key) throw new Error('no key')
  return key
}

const text = fc.string({ unit: 'binary', maxLength: 300 })
const id = fc.string({ unit: 'grapheme-ascii', maxLength: 30 })

describe('against @wecom/crypto', () => {
  it('opens what the platform library seals', () => {
    fc.assert(
      fc.property(text, id, (message, appId) => {
        const opened = openWechat(KEY, encrypt(ENCODED, message, appId))
        expect(opened).toEqual({ message: Buffer.from(message).toString(), id: appId })
      }),
      { numRuns: 2_000 },
    )
  })

  it('seals what the platform library opens, to the same bytes under the same chance', () => {
    fc.assert(
      fc.property(
        text,
        id,
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (message, appId, random) => {
          const sealed = sealWechat(KEY, message, appId, random)
          expect(decrypt(ENCODED, sealed)).toMatchObject({
            message: Buffer.from(message).toString(),
            id: appId,
          })
          expect(sealed).toBe(encrypt(ENCODED, message, appId, Buffer.from(random)))
        },
      ),
      { numRuns: 2_000 },
    )
  })

  it('signs alike, in any order of the parts', () => {
    fc.assert(
      fc.property(id, id, id, id, (token, timestamp, nonce, sealed) => {
        const theirs = getSignature(token, timestamp, nonce, sealed)
        expect(wechatSignature([sealed, nonce, token, timestamp])).toBe(theirs)
        expect(isWechatSignature(theirs, [token, timestamp, nonce, sealed])).toBe(true)
        expect(isWechatSignature(`${theirs}0`, [token, timestamp, nonce, sealed])).toBe(false)
      }),
      { numRuns: 2_000 },
    )
    expect(isWechatSignature(null, [])).toBe(false)
  })
})

describe('what was not sealed with this key', () => {
  it('is not opened, and nothing is thrown', () => {
    const other = keyOf(`${ENCODED.slice(1)}X`)
    fc.assert(
      fc.property(text, (message) => {
        const opened = openWechat(other, sealWechat(KEY, message, 'wx1'))
        expect(opened?.id).not.toBe('wx1')
      }),
      { numRuns: 2_000 },
    )
    const noise = fc.oneof(
      fc.base64String({ maxLength: 200 }),
      fc
        .uint8Array({ maxLength: 20 })
        .map((bytes) =>
          Buffer.concat([bytes, Buffer.alloc(16 - (bytes.length % 16 || 16))]).toString('base64'),
        ),
      fc.string({ maxLength: 100 }),
    )
    fc.assert(
      fc.property(noise, (sealed) => {
        const opened = openWechat(KEY, sealed)
        if (opened) expect(typeof opened.message).toBe('string')
      }),
      { numRuns: 30_000 },
    )
  })

  it('is not opened when a length inside points beyond the end, or the text is no UTF-8', () => {
    const bytes = Buffer.from(sealWechat(KEY, 'x', 'wx1'), 'base64')
    for (let at = 0; at < bytes.length; at++) {
      const bent = Buffer.from(bytes)
      bent[at] = (bent[at] ?? 0) ^ 0xff
      expect(openWechat(KEY, bent.toString('base64'))).not.toEqual({ message: 'x', id: 'wx1' })
    }
    expect(openWechat(KEY, '')).toBeUndefined()
    expect(openWechat(KEY, bytes.subarray(1).toString('base64'))).toBeUndefined()
  })

  it('a key has 43 characters', () => {
    expect(wechatKey(ENCODED.slice(1))).toBeUndefined()
    expect(wechatKey(`${ENCODED}=`)).toBeUndefined()
    expect(wechatKey(`${ENCODED.slice(1)}*`)).toBeUndefined()
  })
})
