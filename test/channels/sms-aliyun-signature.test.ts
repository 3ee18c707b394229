/** ACS3-HMAC-SHA256 in both directions: the official SDK's own request proved by our signer and taken by our
 *  simulator, our request proved by the SDK's own signer. */
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { createRequire } from 'node:module'
import type Dysmsapi from '@alicloud/dysmsapi20170525'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acs3Authorization, acs3Query, acs3Request } from '../../src/kit/aliyun-acs3.ts'
import { sha256Hex } from '../../src/kit/hash.ts'
import { startAliyunSms } from '../../src/simulator/aliyun-sms.ts'
import { closeAfterEach, endWith } from './cloud-messages-kit.ts'

// The package is written for CommonJS.
const here = createRequire(import.meta.url)
const sdk = here('@alicloud/dysmsapi20170525') as typeof Dysmsapi
const KEY = { id: 'duoling', secret: 'simulator' }

interface Signer {
  getAuthorization(
    request: { pathname: string; method: string; query: object; headers: object },
    algorithm: string,
    payload: string,
    id: string,
    secret: string,
  ): string
}

/** The signer the SDK itself uses, found from where the SDK stands. */
function officialSigner(): Signer {
  const there = createRequire(here.resolve('@alicloud/dysmsapi20170525'))
  return (there('@alicloud/openapi-core') as { OpenApiUtil: Signer }).OpenApiUtil
}

function officialClient(port: number, secret = KEY.secret) {
  type Config = ConstructorParameters<typeof sdk.default>[0]
  const config = { accessKeyId: KEY.id, accessKeySecret: secret, protocol: 'HTTP' }
  return new sdk.default({ ...config, endpoint: `127.0.0.1:${port}` } as unknown as Config)
}

const SEND = {
  ...{ phoneNumbers: '13800138001,13800138002', signName: '桐乡应急', outId: 'abc' },
  ...{ templateCode: 'SMS_1001', templateParam: JSON.stringify({ title: "停电 (3小时)*~!'" }) },
}

const SEND_EACH = {
  ...{ phoneNumberJson: '["13800138003"]', signNameJson: '["桐乡应急"]', outId: 'abc' },
  ...{ templateCode: 'SMS_1001', templateParamJson: '[{"title":"单独一条"}]' },
}

describe('the official SDK and our signer', () => {
  closeAfterEach()

  it('signs its own request exactly as the SDK signed it', async () => {
    const seen: { url: string; headers: IncomingHttpHeaders; body: Buffer }[] = []
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array))
      seen.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"Code":"OK"}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    endWith(() => new Promise((resolve) => server.close(() => resolve(undefined))))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    await officialClient(address.port).sendSms(new sdk.SendSmsRequest(SEND))
    await officialClient(address.port).sendBatchSms(new sdk.SendBatchSmsRequest(SEND_EACH))
    expect(seen).toHaveLength(2)
    for (const one of seen) {
      const authorization = String(one.headers['authorization'])
      const names = /SignedHeaders=([^,]+),/.exec(authorization)?.[1]?.split(';') ?? []
      const headers = Object.fromEntries(names.map((name) => [name, String(one.headers[name])]))
      const parameters = Object.fromEntries(new URL(one.url, 'http://x').searchParams)
      const again = acs3Authorization(KEY, {
        ...{ method: 'POST', path: '/', query: acs3Query(parameters), headers },
        bodySha256: sha256Hex(one.body),
      })
      expect(again).toBe(authorization)
      expect(parameters).toMatchObject({ OutId: 'abc' })
    }
    // One wording travels in the query, many in the form: so do ours.
    expect(seen[0]?.url).toContain('PhoneNumbers=13800138001')
    expect(seen[1]?.url).not.toContain('13800138003')
    expect(seen[1]?.body.toString()).toContain('PhoneNumberJson=')
  })

  it('is proved by the SDK’s own signer, whatever the parameters hold', () => {
    const official = officialSigner()
    const name = fc.stringMatching(/^[A-Za-z]{1,12}$/)
    const value = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed())
    const parameters = fc.dictionary(name, value, { maxKeys: 6 })
    fc.assert(
      fc.property(parameters, parameters, (query, form) => {
        const request = acs3Request({
          ...{ endpoint: 'https://dysmsapi.aliyuncs.com', action: 'SendSms' },
          ...{ version: '2017-05-25', parameters: query, form, key: KEY, nonce: 'n-1' },
          at: new Date('2026-07-01T01:07:00.123Z'),
        })
        const { authorization, ...headers } = request.headers
        const expected = official.getAuthorization(
          {
            ...{ pathname: '/', method: 'POST', query },
            headers: { host: 'dysmsapi.aliyuncs.com', ...headers },
          },
          'ACS3-HMAC-SHA256',
          headers['x-acs-content-sha256'] ?? '',
          KEY.id,
          KEY.secret,
        )
        expect(authorization).toBe(expected)
      }),
      { numRuns: 1_000 },
    )
  })

  it('sends over the SDK to our simulator, which takes it and counts it', async () => {
    const simulator = await startAliyunSms({ key: KEY })
    endWith(() => simulator.stop())
    const client = officialClient(simulator.port)
    const sent = await client.sendSms(new sdk.SendSmsRequest(SEND))
    expect(sent.body).toMatchObject({ code: 'OK', bizId: expect.stringContaining('^') })
    const batch = await client.sendBatchSms(new sdk.SendBatchSmsRequest(SEND_EACH))
    expect(batch.body).toMatchObject({ code: 'OK' })
    expect([...simulator.counts()]).toEqual([
      ['abc 13800138001', 1],
      ['abc 13800138002', 1],
      ['abc 13800138003', 1],
    ])
    const day = simulator.messages()[0]?.day ?? ''
    const details = await client.querySendDetails(
      new sdk.QuerySendDetailsRequest({
        ...{ phoneNumber: '13800138001', sendDate: day, pageSize: 10, currentPage: 1 },
      }),
    )
    const rows = details.body?.smsSendDetailDTOs?.smsSendDetailDTO ?? []
    expect(rows.map(({ outId, sendStatus }) => [outId, sendStatus])).toEqual([['abc', 1]])
  })

  it('refuses the SDK with another secret', async () => {
    const simulator = await startAliyunSms({ key: KEY })
    endWith(() => simulator.stop())
    const client = officialClient(simulator.port, 'guessed')
    await expect(client.sendSms(new sdk.SendSmsRequest(SEND))).rejects.toThrow(
      'SignatureDoesNotMatch',
    )
    expect(simulator.messages()).toEqual([])
  })
})
