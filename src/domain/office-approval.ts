/** 审签沿用: whether what was approved on paper is word for word what lies before us. It refuses everything
 *  the approving people did not see. */
import type { RevisionContent } from './bulletin.ts'
import type { OfficeApproval } from './office-document.ts'
import type { Refusal } from './refusal.ts'
import { OPINION_NAMES } from './review.ts'

export interface ApprovalSituation {
  readonly approval: Omit<OfficeApproval, 'sheet'> | undefined
  /** SHA-256 of the file as it arrived */
  readonly fileHash: string
  readonly content: RevisionContent
  /** what of the file did not become part of the text, each a sentence */
  readonly losses: readonly string[]
}

/** 删减后公开 asks for another text than the one it was written on, so only 同意公开 carries over. */
export function whyNotReusable(situation: ApprovalSituation): Refusal | undefined {
  const { approval, fileHash, content, losses } = situation
  if (!approval) return { code: 'not-reviewed', detail: '来文没有附纸质审签' }
  const mode = content.metadata.disclosureMode
  if (mode !== 'proactive') return { code: 'not-public', detail: '公开属性不是主动公开' }
  if (approval.opinion !== 'public')
    return { code: 'not-public', detail: `纸质意见为${OPINION_NAMES[approval.opinion]}` }
  if (approval.reviewer === approval.signer) return { code: 'reviewer-may-not-sign' }
  if (approval.fileHash !== fileHash) return { code: 'approval-differs', detail: '正文校验值不同' }
  const strange = content.attachments.find(
    ({ sha256 }) => !approval.attachmentHashes.includes(sha256),
  )
  if (strange)
    return { code: 'approval-differs', detail: `附件“${strange.name}”不在审签的校验值之内` }
  const [loss] = losses
  return loss === undefined ? undefined : { code: 'approval-differs', detail: loss }
}

/** Blanks and line ends stand differently in a file and in a form. */
export function sameWords(one: string, other: string): boolean {
  return squeezed(one) === squeezed(other)
}

function squeezed(text: string): string {
  return text.normalize('NFKC').replaceAll(/\s/gu, '')
}
