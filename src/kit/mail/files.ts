/** Attachments of a letter: only those the signed list names, and only with the bytes it names. */
import { sha256Hex } from '../hash.ts'
import { ATTACHMENT_LATER, type MailAnswer, NO_ATTACHMENT } from './answer.ts'

/** Carries an answer out of the building of a letter. */
export class Unbuildable extends Error {
  readonly answer: MailAnswer
  constructor(answer: MailAnswer, options?: ErrorOptions) {
    super(answer.kind, options)
    this.answer = answer
  }
}

/** `list` is the payload's field: one line `sha256 name` an attachment.
 *  @throws Unbuildable when one cannot be read or is not what was signed */
export async function readMailFiles(
  list: string,
  known: readonly { readonly sha256: string; readonly mediaType: string }[],
  read: (sha256: string) => Promise<Uint8Array | null>,
) {
  const files = []
  for (const line of list === '' ? [] : list.split('\n')) {
    const sha256 = line.slice(0, line.indexOf(' '))
    const content = await read(sha256).catch((cause: unknown) => {
      throw new Unbuildable(ATTACHMENT_LATER, { cause })
    })
    if (!content || sha256Hex(content) !== sha256) throw new Unbuildable(NO_ATTACHMENT)
    const mediaType = known.find((file) => file.sha256 === sha256)?.mediaType
    files.push({
      filename: line.slice(sha256.length + 1),
      contentType: mediaType ?? 'application/octet-stream',
      content: Buffer.from(content),
    })
  }
  return files
}
