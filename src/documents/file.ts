/** Any file as what it says: the bytes decide what it is, not its name. Never throws. */
import type { FileText, UnreadableReason } from '../domain/checks/file-text.ts'
import { openArchive, Unreadable } from './archive.ts'
import { collector } from './parts.ts'
import { sheetsText } from './sheets.ts'
import { wordText } from './word.ts'

const FILE_BYTES_MAX = 50 * 1024 * 1024
const PLAIN_BYTES_MAX = 8 * 1024 * 1024

export async function readFile(bytes: Uint8Array, mediaType: string): Promise<FileText> {
  if (bytes.length > FILE_BYTES_MAX) return unreadable('too-large')
  try {
    return await readKind(bytes, mediaType)
  } catch (error) {
    if (error instanceof Unreadable) return unreadable(error.reason)
    // A file is hostile: whatever a parser stumbles over is the file's fault and a finding.
    return unreadable('corrupt')
  }
}

function unreadable(reason: UnreadableReason): FileText {
  return { kind: 'unreadable', reason }
}

async function readKind(bytes: Uint8Array, mediaType: string): Promise<FileText> {
  if (startsWith(bytes, 'PK')) return readZip(bytes)
  if (startsWith(bytes, '%PDF') || indexOf(bytes.subarray(0, 1024), '%PDF-') >= 0)
    return (await import('./pdf.ts')).pdfText(bytes)
  if (isPicture(bytes)) return { kind: 'picture' }
  if (startsWith(bytes, '\u00d0\u00cf\u0011\u00e0'))
    return unreadable(isLockedOffice(bytes) ? 'encrypted' : 'old-format')
  if (startsWith(bytes, 'Rar!') || startsWith(bytes, '7z\u00bc\u00af')) return unreadable('archive')
  return readPlain(bytes, mediaType)
}

function readZip(bytes: Uint8Array): FileText {
  const { names } = openArchive(bytes, () => false)
  if (names.has('word/document.xml')) return wordText(bytes)
  if (names.has('xl/workbook.xml')) return sheetsText(bytes)
  if (names.has('OFD.xml')) return unreadable('old-format')
  return unreadable(
    [...names].some((name) => name === '[Content_Types].xml') ? 'unknown-format' : 'archive',
  )
}

/** An office file with a password is an OLE container around a stream of this name, in UTF-16. */
function isLockedOffice(bytes: Uint8Array): boolean {
  return indexOf(bytes, [...'EncryptedPackage'].join('\u0000')) >= 0
}

const PICTURES = ['\u00ff\u00d8\u00ff', '\u0089PNG', 'GIF8', 'BM']

function isPicture(bytes: Uint8Array): boolean {
  return PICTURES.some((start) => startsWith(bytes, start))
}

function startsWith(bytes: Uint8Array, start: string): boolean {
  return [...start].every((unit, at) => bytes[at] === unit.charCodeAt(0))
}

function indexOf(bytes: Uint8Array, text: string): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(text, 0, 'latin1')
}

function readPlain(bytes: Uint8Array, mediaType: string): FileText {
  const plain = /^text\/|json|xml|csv/.test(mediaType)
  if (!plain || bytes.length > PLAIN_BYTES_MAX || bytes.includes(0))
    return unreadable('unknown-format')
  const into = collector()
  into.add('text', '正文', decode(bytes))
  return into.done(false)
}

/** UTF-8 when it is that, otherwise the national code. */
function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}
