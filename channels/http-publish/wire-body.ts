/** The body of a request: a profile's template filled, then written as bytes in the platform's charset.
 *  Refuses file names and characters that could end their place. */
import { sha256Hex } from '../../src/kit/hash.ts'
import { type Charset, encodeText, percentText } from './charset.ts'
import type { Step } from './profile.ts'
import { escapeXml, fillPlain, fillWith, Unbuildable, type Values } from './template.ts'

/** An attachment on its way, and what the platform called it once it was uploaded. */
export interface UploadedFile {
  readonly name: string
  readonly sha256: string
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly id?: string
  readonly url?: string
}

export interface StepInput {
  readonly values: Values
  /** uploaded before, in their order */
  readonly files: readonly UploadedFile[]
  /** the file of the step `upload` */
  readonly file?: UploadedFile
}

export type Pairs = readonly (readonly [string, string])[]

/** A body whose values are in place and whose bytes are not written yet, so that a signature can join. */
export type Filled =
  | { readonly kind: 'none' }
  | { readonly kind: 'json'; readonly content: unknown }
  | { readonly kind: 'form'; readonly content: Pairs }
  | {
      readonly kind: 'multipart'
      readonly content: Pairs
      readonly file?: readonly [string, UploadedFile]
    }
  | { readonly kind: 'bytes'; readonly mediaType: string; readonly bytes: Uint8Array }

export function fillBody(charset: Charset, { body }: Step, input: StepInput): Filled {
  const { values, file } = input
  if (!body) return { kind: 'none' }
  const pairs = (content: Readonly<Record<string, string>>): Pairs =>
    Object.entries(content).map(([name, text]) => [name, fillPlain(text, values)])
  switch (body.kind) {
    case 'json':
      return { kind: 'json', content: fillJson(body.content, input) }
    case 'form':
      return { kind: 'form', content: pairs(body.content) }
    case 'multipart':
      return {
        kind: 'multipart',
        content: pairs(body.content),
        ...(body.file && file ? { file: [body.file, file] as const } : {}),
      }
    case 'xml': {
      const text = fillWith(body.content, values, escapeXml)
      const mediaType = body.mediaType.includes('charset')
        ? body.mediaType
        : `${body.mediaType}; charset=${charset}`
      return { kind: 'bytes', mediaType, bytes: encodeText(text, charset) }
    }
    case 'file':
      if (!file) throw new Unbuildable('file-missing', '上传步骤没有文件')
      return { kind: 'bytes', mediaType: file.mediaType, bytes: file.bytes }
  }
}

/** Values become members of a structure, so that none can end its string. */
function fillJson(content: unknown, input: StepInput): unknown {
  if (typeof content === 'string') {
    const text = fillPlain(content, input.values)
    return /^\{\{[^{}]*\|\s*number\s*\}\}$/.test(content) ? Number(text) : text
  }
  if (Array.isArray(content)) return content.map((one) => fillJson(one, input))
  if (typeof content !== 'object' || content === null) return content
  if ('$each' in content && 'item' in content) {
    const { item } = content
    return input.files.map((file) =>
      fillJson(item, { ...input, values: withFile(input.values, file) }),
    )
  }
  return Object.fromEntries(
    Object.entries(content).map(([key, value]) => [key, fillJson(value, input)]),
  )
}

/** What a template may say of one file. */
export function withFile(values: Values, file: UploadedFile): Values {
  const extension = /\.([A-Za-z0-9]{1,8})$/.exec(file.name)?.[1] ?? 'bin'
  return (name) => {
    switch (name) {
      case 'file.name':
        return file.name
      case 'file.asciiName':
        return `${file.sha256.slice(0, 16)}.${extension.toLowerCase()}`
      case 'file.sha256':
        return file.sha256
      case 'file.mediaType':
        return file.mediaType
      case 'file.bytes':
        return String(file.bytes.length)
      case 'file.base64':
        return Buffer.from(file.bytes).toString('base64')
      case 'file.id':
        return file.id ?? ''
      case 'file.url':
        return file.url ?? ''
      default:
        return values(name)
    }
  }
}

export function withFields(filled: Filled, extra: Pairs): Filled {
  if (filled.kind === 'form') return { kind: 'form', content: [...filled.content, ...extra] }
  if (filled.kind === 'multipart') return { ...filled, content: [...filled.content, ...extra] }
  if (filled.kind !== 'json' || typeof filled.content !== 'object') return filled
  return { kind: 'json', content: { ...filled.content, ...Object.fromEntries(extra) } }
}

export function writeBody(
  filled: Filled,
  charset: Charset,
): { mediaType: string; bytes: Uint8Array } | undefined {
  switch (filled.kind) {
    case 'none':
      return undefined
    case 'bytes':
      return filled
    case 'json':
      return {
        mediaType: `application/json; charset=${charset}`,
        bytes: encodeText(JSON.stringify(filled.content), charset),
      }
    case 'form': {
      const text = filled.content
        .map(([name, value]) => `${percentText(name, charset)}=${percentText(value, charset)}`)
        .join('&')
      return {
        mediaType: `application/x-www-form-urlencoded; charset=${charset}`,
        bytes: Buffer.from(text),
      }
    }
    case 'multipart':
      return multipart(filled.content, filled.file, charset)
  }
}

/** RFC 7578. The boundary is a hash of everything inside, which nothing inside can contain. */
function multipart(
  content: Pairs,
  file: readonly [string, UploadedFile] | undefined,
  charset: Charset,
) {
  const boundary = `duoling-${sha256Hex(JSON.stringify([content, file?.[1].sha256])).slice(0, 40)}`
  const chunks: Uint8Array[] = []
  const text = (line: string) => chunks.push(encodeText(line, charset))
  for (const [name, value] of content)
    text(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
  if (file) {
    const [name, { name: fileName, mediaType, bytes }] = file
    if (/["\\\p{Cc}]/u.test(fileName))
      throw new Unbuildable('file-name', '附件名称含有引号、反斜线或控制字符，请改名')
    text(
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: ${mediaType}\r\n\r\n`,
    )
    chunks.push(bytes)
    text('\r\n')
  }
  text(`--${boundary}--\r\n`)
  return { mediaType: `multipart/form-data; boundary=${boundary}`, bytes: Buffer.concat(chunks) }
}
