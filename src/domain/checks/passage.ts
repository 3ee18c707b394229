/** Passages: every text of a revision and its files with its place, in reading order. */
import type { Block, Metadata, RevisionContent } from '../bulletin.ts'
import type { FileText, PartKind } from './file-text.ts'

export interface Passage {
  /** the path a finding names */
  readonly field: string
  /** the same for a person */
  readonly where: string
  readonly text: string
  readonly role: 'title' | 'body' | 'quote' | 'metadata' | 'entry' | 'name' | 'file'
  /** for a file: what kind of part it is */
  readonly part?: PartKind
}

/** In the order in which a person reads them. */
export const METADATA_NAMES: Readonly<Record<keyof Metadata, string>> = {
  documentNumber: '文号',
  formedOn: '成文日期',
  disclosureMode: '公开方式',
  disclosurePeriod: '公开时限',
  audienceScope: '公开范围',
  section: '公开责任部门',
  subjectClass: '主题分类',
  genreClass: '体裁分类',
  validity: '有效性',
  summary: '摘要',
  keywords: '关键词',
  source: '信息来源',
  contact: '咨询电话',
}

export function metadataName(field: string): string {
  return METADATA_NAMES[field as keyof Metadata] ?? field
}

export function contentPassages(content: RevisionContent): readonly Passage[] {
  return [
    { field: 'title', where: '标题', text: content.title, role: 'title' },
    ...content.blocks.flatMap(blockPassages),
    ...metadataPassages(content.metadata),
    ...content.entries.flatMap(({ unit, detail }, index): readonly Passage[] => [
      { field: `entries/${index}/unit`, where: `条目第${index + 1}行`, text: unit, role: 'entry' },
      ...(detail === undefined
        ? []
        : [
            {
              ...{ field: `entries/${index}/detail`, where: `条目第${index + 1}行的说明` },
              ...{ text: detail, role: 'entry' as const },
            },
          ]),
    ]),
    ...content.attachments.map(({ name }, index): Passage => {
      const field = `attachments/${index}/name`
      return { field, where: `附件${index + 1}的名称`, text: name, role: 'name' }
    }),
  ]
}

function blockPassages(block: Block, index: number): readonly Passage[] {
  const field = `blocks/${index}`
  const where = `正文第${index + 1}段`
  const body = (at: string, say: string, text: string): Passage => {
    return { field: `${field}/${at}`, where: `${where}${say}`, text, role: 'body' }
  }
  switch (block.kind) {
    case 'paragraph':
    case 'heading':
      return [body('text', '', block.text)]
    case 'list':
      return block.items.map((item, at) => body(`items/${at}`, `第${at + 1}项`, item))
    case 'table':
      return [
        ...block.header.map((cell, at) => body(`header/${at}`, `表头第${at + 1}格`, cell)),
        ...block.rows.flatMap((row, line) =>
          row.map((cell, at) => body(`rows/${line}/${at}`, `表第${line + 1}行第${at + 1}格`, cell)),
        ),
      ]
    case 'picture':
      return [body('alt', '的图片说明', block.alt)]
    case 'attachment':
      return [body('name', '的附件名称', block.name)]
    case 'quote':
      return [
        { ...body('text', '的引文', block.text), role: 'quote' },
        body('source', '的引文来源', block.source),
      ]
  }
}

function metadataPassages(metadata: Metadata): readonly Passage[] {
  return Object.entries(metadata).flatMap(([name, value]): readonly Passage[] => {
    const passage = (field: string, text: string): Passage => ({
      ...{ field, where: metadataName(name), text, role: 'metadata' },
    })
    if (typeof value === 'string') return [passage(`metadata/${name}`, value)]
    return (value ?? []).map((one: string, at: number) => passage(`metadata/${name}/${at}`, one))
  })
}

export function filePassages(name: string, file: FileText): readonly Passage[] {
  if (file.kind !== 'text') return []
  return file.parts.map(({ kind, place, text }) => ({
    ...{ field: `附件 ${name} › ${place}`, where: `附件“${name}”的${place}`, text },
    ...{ role: 'file' as const, part: kind },
  }))
}

/** The revision with one text replaced; undefined when the path names no text that may be changed. */
export function withText(
  content: RevisionContent,
  field: string,
  change: (text: string) => string,
): RevisionContent | undefined {
  const editable = /^(?:title|blocks\/|metadata\/|entries\/\d+\/(?:unit|detail)$)/
  if (!editable.test(field)) return undefined
  const changed = replaceAt(content, field.split('/'), change)
  return changed === undefined ? undefined : (changed as RevisionContent)
}

function replaceAt(
  value: unknown,
  path: readonly string[],
  change: (text: string) => string,
): unknown {
  const [step, ...rest] = path
  if (step === undefined) return typeof value === 'string' ? change(value) : undefined
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined
  const inner = replaceAt((value as Readonly<Record<string, unknown>>)[step], rest, change)
  if (inner === undefined) return undefined
  if (!Array.isArray(value)) return { ...value, [step]: inner }
  return value.map((one: unknown, at) => (String(at) === step ? inner : one))
}
