/** One document of an office system with its files: what text it becomes, what of it is lost on the way, and
 *  the hash that tells a repetition from a change. Knows no door. */
import type { RevisionContent } from '../../domain/bulletin.ts'
import { type Canonical, canonical } from '../../domain/canonical.ts'
import { sameWords } from '../../domain/office-approval.ts'
import { DISCLOSURE_ATTRIBUTES, type OfficeDocument } from '../../domain/office-document.ts'
import { sha256Hex } from '../../kit/hash.ts'
import type { KeptApproval, OfficeFile, OfficeText } from '../ports/office.ts'

export interface OfficePackage {
  readonly document: OfficeDocument
  /** the document itself */
  readonly file: OfficeFile
  readonly text: OfficeText
  /** in the order of `document.attachments` */
  readonly attachments: readonly OfficeFile[]
  /** the scanned sheet of the approval */
  readonly sheet?: OfficeFile
}

export function contentOf({ document, text, attachments }: OfficePackage): RevisionContent {
  const { title, documentNumber, section, formedOn } = document
  const disclosureMode = DISCLOSURE_ATTRIBUTES[document.disclosureAttribute]
  return {
    ...{ title, blocks: text.blocks, entries: [] },
    attachments: attachments.map(({ name, sha256, mediaType, bytes }) => ({
      ...{ name, sha256, mediaType, bytes },
    })),
    metadata: { documentNumber, section, formedOn, disclosureMode },
  }
}

export function filesOf({ file, attachments, sheet }: OfficePackage): readonly OfficeFile[] {
  return [file, ...attachments, ...(sheet ? [sheet] : [])]
}

/** What the approving people saw and the draft does not show, or shows beside it. */
export function lossesOf({ document, text }: OfficePackage): readonly string[] {
  const words = [text.title ?? '', ...text.blocks.slice(0, 5).map(firstWords)]
  const titled = words.some((one) => sameWords(one, document.title))
  return titled ? text.losses : [...text.losses, '正文文件的标题与来文标题不一致']
}

function firstWords(block: OfficeText['blocks'][number]): string {
  return block.kind === 'paragraph' || block.kind === 'heading' ? block.text : ''
}

export function keptApproval({ document, sheet }: OfficePackage): KeptApproval | undefined {
  if (!document.approval || !sheet) return undefined
  const { sheet: _name, ...approval } = document.approval
  return { ...approval, sheetHash: sheet.sha256 }
}

export function packageHash(arrived: OfficePackage): string {
  const files = filesOf(arrived).map(({ name, sha256 }) => ({ name, sha256 }))
  const document = arrived.document as unknown as Canonical
  return sha256Hex(canonical({ version: 1, document, files }))
}
