/** Findings about a file as a whole: it cannot be read, or carries what readers should not get. */
import { type FileText, type PartKind, UNREADABLE_TEXT } from './file-text.ts'
import type { Found, Severity } from './finding.ts'

interface Trace {
  readonly code: Found['code']
  readonly severity: Severity
  readonly say: string
  readonly fix: string
}

const TRACES: Readonly<Partial<Record<PartKind, Trace>>> = {
  comment: {
    ...{ code: 'file-comment', severity: 'ask', say: '批注' },
    fix: '请在文件中删去批注后重新上传，或说明为什么保留',
  },
  change: {
    ...{ code: 'file-change', severity: 'ask', say: '修订痕迹' },
    fix: '请接受或拒绝全部修订后重新上传，或说明为什么保留',
  },
  hidden: {
    ...{ code: 'file-hidden', severity: 'ask', say: '隐藏的内容' },
    fix: '请删去或显示隐藏的工作表、行列和文字后重新上传，或说明',
  },
  author: {
    ...{ code: 'file-author', severity: 'hint', say: '作者等属性' },
    fix: '文件属性会随附件公开，请在文件信息中删去个人姓名',
  },
}

export function fileFindings(given: {
  readonly name: string
  readonly sha256: string
  readonly file: FileText
}): readonly Found[] {
  const { name, sha256, file } = given
  const whole = (code: Found['code'], text: string, fix: string): Found => ({
    ...{ code, severity: 'ask', field: `附件 ${name}`, from: 0, to: 0, text, fix },
    matched: sha256,
  })
  if (file.kind === 'picture') return []
  if (file.kind === 'unreadable')
    return [
      whole(
        'file-unreadable',
        `附件“${name}”没有检查：${UNREADABLE_TEXT[file.reason]}`,
        '请换成 docx、xlsx 或有文字的 pdf 再上传，或在人工看过之后说明',
      ),
    ]
  const found: Found[] = []
  if (file.cut)
    found.push(
      whole(
        'file-partly-read',
        `附件“${name}”太长，只检查了前面一部分`,
        '请拆分后上传，或人工看过之后说明',
      ),
    )
  if (file.active)
    found.push(
      whole('file-active', `附件“${name}”含有宏或嵌入的程序`, '请另存为不带宏的文件再上传'),
    )
  for (const [kind, trace] of Object.entries(TRACES)) {
    const parts = file.parts.filter((part) => part.kind === kind)
    const [first] = parts
    if (!first) continue
    const { code, severity, say, fix } = trace
    const text = `附件“${name}”有 ${parts.length} 处${say}`
    const field = `附件 ${name} › ${first.place}`
    found.push({ ...{ code, severity, field, from: 0, to: 0, text, fix }, matched: sha256 })
  }
  return found
}
