/** The columns of a list of contacts, under the names people give them. It reads a header, says which
 *  column is missing beside those there are, and what a misspelt one was probably meant to be. */

/** What a column holds, in the order of the template. */
export const CONTACT_FIELDS = [
  'name',
  'creditCode',
  'liaison',
  'phone',
  'landline',
  'mailbox',
  'area',
  'tags',
  'audiences',
  'forExercise',
  'wechatGroup',
  'qqGroup',
] as const
export type ContactField = (typeof CONTACT_FIELDS)[number]

/** The first name is the one of the template and of every message. */
const NAMES: Readonly<Record<ContactField, readonly string[]>> = {
  name: ['名称', '企业名称', '单位名称', '公司名称', '企业', '单位', '姓名', 'name'],
  creditCode: ['统一社会信用代码', '社会信用代码', '信用代码', '统一代码', 'credit_code'],
  liaison: ['联系人', '负责人', '安全负责人', '联系人姓名', '联络员', 'contact'],
  phone: [
    '手机',
    '手机号',
    '手机号码',
    '电话',
    '联系电话',
    '移动电话',
    '电话号码',
    'phone',
    'mobile',
  ],
  landline: ['固定电话', '座机', '办公电话', 'landline'],
  mailbox: ['邮箱', '电子邮箱', '邮箱地址', '电子邮件', 'email', 'e-mail'],
  area: [
    '乡镇街道',
    '区域',
    '乡镇',
    '街道',
    '镇街',
    '镇（街道）',
    '乡镇（街道）',
    '所属区域',
    '属地',
    'area',
  ],
  tags: ['标签', '行业', '行业类别', '类别', '行业类型', '类型', 'tags'],
  audiences: ['受众', '受众名单', '所属名单', '名单', 'audience', 'audiences'],
  forExercise: ['演练', '参加演练', '是否演练', '是否参加演练', 'exercise'],
  wechatGroup: ['微信群', '微信群名称', 'wechat_group'],
  qqGroup: ['QQ群', 'QQ群名称', 'qq_group'],
}

export function columnName(field: ContactField): string {
  return NAMES[field][0] ?? field
}

const BY_NAME: ReadonlyMap<string, ContactField> = new Map(
  CONTACT_FIELDS.flatMap((field) =>
    NAMES[field].map((name): [string, ContactField] => [plain(name), field]),
  ),
)

/** Blanks, width, case and a star for "required" make no other column. */
function plain(name: string): string {
  return name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s*:：]/g, '')
}

export function fieldOf(name: string): ContactField | undefined {
  return BY_NAME.get(plain(name))
}

/** A fault of the file or of a cell: where, what, and what to do. Never a whole number or mailbox. */
export interface ContactFault {
  /** as the spreadsheet numbers it; 0 means the file */
  readonly row: number
  readonly column: string
  readonly text: string
  readonly fix: string
}

export interface ContactHeader {
  /** place of each column there is */
  readonly columns: ReadonlyMap<ContactField, number>
  readonly errors: readonly ContactFault[]
  readonly warnings: readonly ContactFault[]
}

const SHOWN_CHARACTERS_MAX = 40

/** A column nobody knows is left alone with a warning, unless it is nearly one that is not there. */
export function readHeader(row: number, cells: readonly string[]): ContactHeader {
  const columns = new Map<ContactField, number>()
  const errors: ContactFault[] = []
  const warnings: ContactFault[] = []
  const strangers: { readonly name: string; readonly at: number }[] = []
  for (const [at, cell] of cells.entries()) {
    const name = shown(cell)
    const field = fieldOf(cell)
    if (name === '') continue
    if (field === undefined) strangers.push({ name, at })
    else if (columns.has(field)) errors.push(twice(row, name, field))
    else columns.set(field, at)
  }
  for (const { name } of strangers) {
    const close = closest(name)
    if (close !== undefined && !columns.has(close))
      errors.push({
        ...{ row, column: name, text: `第${row}行：不认识列“${name}”` },
        fix: `是否应为“${columnName(close)}”？请改名；不需要这一列就删去`,
      })
    else
      warnings.push({
        ...{ row, column: name, text: `第${row}行：不认识列“${name}”，这一列没有读` },
        fix: `可用的列：${CONTACT_FIELDS.map(columnName).join('、')}`,
      })
  }
  return { columns, errors: [...missing(row, columns, cells), ...errors], warnings }
}

function missing(
  row: number,
  columns: ReadonlyMap<ContactField, number>,
  cells: readonly string[],
): readonly ContactFault[] {
  if (columns.has('name')) return []
  const there = cells.map(shown).filter((name) => name !== '')
  const text = `需要一列叫“${columnName('name')}”（企业名称）。现在有的列：${there.join('、') || '无'}`
  return [
    {
      ...{ row, column: columnName('name'), text },
      fix: `请在第${row}行补上列名；表格上方有大标题时请删去`,
    },
  ]
}

function twice(row: number, name: string, field: ContactField): ContactFault {
  return {
    ...{ row, column: name, text: `第${row}行：列“${name}”与另一列都是${columnName(field)}` },
    fix: '请只保留一列；几个号码可写在同一格，用分号隔开',
  }
}

/** A stranger's words as a message may show them. */
export function shown(text: string): string {
  const line = text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
    .trim()
  return [...line]
    .slice(0, SHOWN_CHARACTERS_MAX)
    .join('')
    .replaceAll(/\d{7,}/g, (number) => `${number.slice(0, 3)}****${number.slice(-2)}`)
    .replaceAll(/[^\s@]+@/g, '***@')
}

function closest(name: string): ContactField | undefined {
  return nearest(name, [...BY_NAME.keys()], (near) => BY_NAME.get(near))
}

/** The known word at most half of whose letters must change; undefined when none is so near. */
export function nearest<Found>(
  word: string,
  known: readonly string[],
  find: (known: string) => Found,
): Found | undefined {
  const letters = [...plain(word)]
  let best: { readonly word: string; readonly far: number } | undefined
  for (const candidate of known) {
    const other = [...plain(candidate)]
    if (Math.abs(other.length - letters.length) * 2 > other.length) continue
    const far = distance(letters, other)
    if (far * 2 <= other.length && far < (best?.far ?? Infinity)) best = { word: candidate, far }
  }
  return best && find(best.word)
}

/** How many letters must be put in, taken out or changed to turn one word into the other. */
function distance(from: readonly string[], to: readonly string[]): number {
  let previous = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (const [row, letter] of from.entries()) {
    const current = [row + 1]
    for (const [at, other] of to.entries())
      current.push(
        Math.min(
          (previous[at] ?? 0) + (letter === other ? 0 : 1),
          (previous[at + 1] ?? 0) + 1,
          (current[at] ?? 0) + 1,
        ),
      )
    previous = current
  }
  return previous.at(-1) ?? 0
}
