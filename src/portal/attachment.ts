/** Attachments, only while a visible page links to them: a file of a draft or of a stopped bulletin
 *  is not there, even for whoever knows its hash. */
import type { OpenBlob } from '../hub/ports/blobs.ts'
import { found, isKnown, unchanged } from './answers.ts'
import type { Site } from './site.ts'

/** Pictures are shown inside the page; everything else is saved, never opened as a page of ours. */
const SHOWN: readonly string[] = ['image/jpeg', 'image/png']

const SAVED: readonly string[] = [
  'application/pdf',
  'application/ofd',
  'application/msword',
  'application/vnd.ms-excel',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  'application/zip',
]

export interface AttachmentRequest {
  readonly item: string
  readonly sha256: string
  readonly name: string
  readonly ifNoneMatch: string | undefined
}

/** Undefined where nothing is to be had. */
export async function attachment(
  site: Site,
  request: AttachmentRequest,
): Promise<Response | undefined> {
  const { item, sha256, name, ifNoneMatch } = request
  if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined
  const { store, blobs, agencyId } = site.settings
  const link = `"${item}/attachment/${sha256}/${encode(name)}"`
  if (!(await store.holdsLink({ agencyId, path: `/item/${item}`, link }))) return undefined
  const told = { etag: `"${sha256}"`, ifNoneMatch }
  if (isKnown(told.etag, ifNoneMatch)) return unchanged(told)
  const blob = await blobs.open(sha256)
  return blob ? handOver(blob, told, name) : undefined
}

function handOver(
  blob: OpenBlob,
  told: { etag: string; ifNoneMatch: string | undefined },
  name: string,
): Response {
  const shown = SHOWN.includes(blob.mediaType)
  const type = shown || SAVED.includes(blob.mediaType) ? blob.mediaType : 'application/octet-stream'
  return found(blob.content, {
    ...told,
    type,
    more: {
      'content-length': String(blob.bytes),
      'content-disposition': `${shown ? 'inline' : 'attachment'}; filename*=UTF-8''${encode(name)}`,
      'content-security-policy': "default-src 'none'; sandbox",
    },
  })
}

/** As the article writes it into its link. */
function encode(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replaceAll("'", '%27')
}
