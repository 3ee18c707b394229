/** What a file says, as the reader of documents hands it on: texts with their place, or why it could
 *  not be read. */

export const UNREADABLE_REASONS = [
  'encrypted',
  'corrupt',
  'unknown-format',
  'old-format',
  'archive',
  'no-text',
  'too-large',
  'too-many-parts',
  'swollen',
  'timed-out',
  'damaged',
  'absent',
] as const
export type UnreadableReason = (typeof UNREADABLE_REASONS)[number]

export const UNREADABLE_TEXT: Readonly<Record<UnreadableReason, string>> = {
  encrypted: '文件有密码',
  corrupt: '文件已损坏或内容不合格式',
  'unknown-format': '不认识这种格式',
  'old-format': '旧格式（doc、xls、wps、et、ofd）无法逐字检查',
  archive: '压缩包里的文件没有逐个检查',
  'no-text': '没有可读的文字（可能是扫描件）',
  'too-large': '内容太大',
  'too-many-parts': '包含的部件太多',
  swollen: '解压后体积异常',
  'timed-out': '读取超时',
  damaged: '与上传时的校验值不符',
  absent: '文件不在库中',
}

export type PartKind = 'text' | 'comment' | 'change' | 'hidden' | 'author'

export interface FilePart {
  readonly kind: PartKind
  /** where in the file, for a person: 正文、第2页、批注1、Sheet1!B7 */
  readonly place: string
  readonly text: string
}

export type FileText =
  | {
      readonly kind: 'text'
      readonly parts: readonly FilePart[]
      /** the rest was left out because a limit was reached */
      readonly cut: boolean
      /** macros or embedded programs are inside */
      readonly active: boolean
    }
  /** pictures have no text of their own */
  | { readonly kind: 'picture' }
  | { readonly kind: 'unreadable'; readonly reason: UnreadableReason }

/** A workbook's rows as written in its cells; also what an import of contacts reads. */
export interface Sheet {
  readonly name: string
  readonly hidden: boolean
  readonly rows: readonly (readonly string[])[]
  /** zero-based positions in `rows` that are hidden */
  readonly hiddenRows: readonly number[]
}

export type Sheets =
  | { readonly sheets: readonly Sheet[]; readonly cut: boolean }
  | { readonly unreadable: UnreadableReason }
