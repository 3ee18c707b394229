/** 附件: uploaded as they are, known by their hash ever after. Refuses what is over 50 MB before it is
 *  kept, and never lets a browser run what it downloads. */
import { createRoute, z } from '@hono/zod-openapi'
import { ATTACHMENT_BYTES_MAX } from '../../domain/bulletin.ts'
import { Refused } from '../../domain/refusal.ts'
import { BlobTooLarge } from '../../hub/ports/blobs.ts'
import { type Api, answer, answers, hash } from './describe.ts'
import type { ApiSettings } from './settings.ts'

const tags = ['附件']
const kept = z.object({ sha256: hash, bytes: z.int(), mediaType: z.string() }).openapi('Blob')
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/

const putRoute = createRoute({
  ...{ method: 'post', path: '/blobs', tags, summary: '上传一个附件，最多 50 MB' },
  request: {
    body: {
      required: true,
      content: { 'application/octet-stream': { schema: z.string().openapi({ format: 'binary' }) } },
    },
  },
  responses: answers('已保存；再次上传同样内容得到同样结果', kept, 201),
})
const getRoute = createRoute({
  ...{ method: 'get', path: '/blobs/{sha256}', tags, summary: '下载一个附件' },
  request: { params: z.object({ sha256: hash }) },
  responses: answers('附件内容'),
})

export function blobRoutes(api: Api, { blobs, now }: ApiSettings): void {
  api.openapi(putRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const content = c.req.raw.body
    if (!content) throw new Refused({ code: 'missing-field', field: 'body' })
    const mediaType = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
    if (!MEDIA_TYPE.test(mediaType)) throw new Refused({ code: 'wrong-media-type' })
    if (Number(c.req.header('content-length') ?? 0) > ATTACHMENT_BYTES_MAX) throw tooLarge()
    try {
      const stored = await blobs(agencyId).put({ content, mediaType, at: now() })
      return answer(c, kept, stored, 201)
    } catch (error) {
      throw error instanceof BlobTooLarge ? tooLarge() : error
    }
  })
  api.openapi(getRoute, async (c) => {
    const { agencyId } = c.get('actor')
    const found = await blobs(agencyId).open(c.req.valid('param').sha256)
    if (!found) throw new Refused({ code: 'not-found', field: 'sha256' })
    return new Response(found.content, {
      headers: {
        ...{ 'content-type': found.mediaType, 'content-length': String(found.bytes) },
        ...{ 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' },
        ...{ 'content-security-policy': "default-src 'none'; sandbox" },
        ...{ 'cache-control': 'private, no-store', etag: `"${found.sha256}"` },
      },
    })
  })
}

function tooLarge(): Refused {
  return new Refused({ code: 'too-large', limit: ATTACHMENT_BYTES_MAX })
}
