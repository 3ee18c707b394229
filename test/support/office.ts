/** Office files made in the test: just the parts a reader looks at, zipped. */
import { strToU8, zipSync } from 'fflate'

export function zip(parts: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  return zipSync(
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [
        name,
        typeof part === 'string' ? strToU8(part) : part,
      ]),
    ),
  )
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}

const W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'

export function run(text: string, properties = ''): string {
  return `<w:r>${properties}<w:t xml:space="preserve">${escaped(text)}</w:t></w:r>`
}

export function paragraph(inner: string, properties = ''): string {
  return `<w:p>${properties && `<w:pPr>${properties}</w:pPr>`}${inner}</w:p>`
}

export function cellOfTable(text: string): string {
  return `<w:tc>${paragraph(run(text))}</w:tc>`
}

const STYLES = `<w:styles ${W}><w:style w:styleId="1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="a"><w:name w:val="heading 4"/></w:style></w:styles>`
const NUMBERING = `<w:numbering ${W}><w:abstractNum w:abstractNumId="0"><w:lvl><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>`

export function docx(
  body: string,
  more: {
    readonly comments?: string
    readonly author?: string
    readonly parts?: Record<string, string>
  } = {},
): Uint8Array {
  return zip({
    '[Content_Types].xml': '<Types/>',
    'word/document.xml': `<w:document ${W}><w:body>${body}</w:body></w:document>`,
    'word/styles.xml': STYLES,
    'word/numbering.xml': NUMBERING,
    ...(more.comments
      ? { 'word/comments.xml': `<w:comments ${W}>${more.comments}</w:comments>` }
      : {}),
    ...(more.author
      ? {
          'docProps/core.xml': `<cp:coreProperties xmlns:dc="d" xmlns:cp="c"><dc:creator>${more.author}</dc:creator></cp:coreProperties>`,
        }
      : {}),
    ...more.parts,
  })
}

export interface TestSheet {
  readonly name: string
  readonly state?: 'hidden' | 'veryHidden'
  /** rows as XML */
  readonly rows: string
  readonly columns?: string
}

export function inline(reference: string, text: string): string {
  return `<c r="${reference}" t="inlineStr"><is><t>${escaped(text)}</t></is></c>`
}

export function xlsx(
  sheets: readonly TestSheet[],
  parts: Readonly<Record<string, string>> = {},
): Uint8Array {
  const list = sheets.map(
    ({ name, state }, at) =>
      `<sheet name="${name}" ${state ? `state="${state}"` : ''} r:id="rId${at}"/>`,
  )
  const relations = sheets.map(
    (_, at) => `<Relationship Id="rId${at}" Target="worksheets/sheet${at}.xml"/>`,
  )
  return zip({
    'xl/workbook.xml': `<workbook xmlns:r="r"><sheets>${list.join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships>${relations.join('')}</Relationships>`,
    ...Object.fromEntries(
      sheets.map(({ rows, columns }, at) => [
        `xl/worksheets/sheet${at}.xml`,
        `<worksheet>${columns ? `<cols>${columns}</cols>` : ''}<sheetData>${rows}</sheetData></worksheet>`,
      ]),
    ),
    ...parts,
  })
}
