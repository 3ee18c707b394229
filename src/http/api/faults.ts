/** What a schema found wrong, in the house's words: which field, why, which limit. It repeats no value,
 *  because a value may be somebody's number. */
import type { z } from '@hono/zod-openapi'
import { type RefusalCode, shownField } from '../../domain/refusal.ts'
import type { FieldFault } from '../errors.ts'

type Issue = z.core.$ZodIssue

const FAULTS_MAX = 100

export function faultsOf(error: z.ZodError, target: string): readonly FieldFault[] {
  return error.issues
    .flatMap((issue) => issueFaults(issue))
    .slice(0, FAULTS_MAX)
    .map((fault) => ({ ...fault, field: shownField(fault.field || target) }))
}

function issueFaults(issue: Issue): readonly FieldFault[] {
  const field = issue.path.map(String).join('.')
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const name = field === '' ? key : `${field}.${key}`
      return { code: 'invalid-value', field: name, text: '没有这一项，请核对名称或删去' }
    })
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const [nearest = []] = [...issue.errors].sort((a, b) => a.length - b.length)
    return nearest.flatMap((inner) =>
      issueFaults({ ...inner, path: [...issue.path, ...inner.path] } as Issue),
    )
  }
  const { code, text, limit } = sentenceOf(issue)
  return [{ code, field, text, ...(limit === undefined ? {} : { limit }) }]
}

interface Sentence {
  readonly code: RefusalCode
  readonly text: string
  readonly limit?: number
}

const KINDS: Readonly<Record<string, string>> = {
  ...{ string: '文字', number: '数字', int: '整数', boolean: 'true 或 false', array: '列表' },
  ...{ object: '一组字段', date: '时间', record: '一组字段' },
}

function sentenceOf(issue: Issue): Sentence {
  const own = /\p{Script=Han}/u.test(issue.message) ? issue.message : undefined
  switch (issue.code) {
    case 'invalid_type': {
      if (issue.input === undefined)
        return { code: 'missing-field', text: own ?? '缺少这一项，请补充' }
      const kind = KINDS[issue.expected] ?? '规定的形式'
      return { code: 'invalid-value', text: own ?? `应为${kind}` }
    }
    case 'too_big': {
      const limit = Number(issue.maximum)
      return { code: 'too-long', text: own ?? `最多 ${limit}，请删减`, limit }
    }
    case 'too_small': {
      const limit = Number(issue.minimum)
      const code = limit === 1 ? 'missing-field' : 'invalid-value'
      return { code, text: own ?? (limit === 1 ? '不能为空，请补充' : `至少 ${limit}`), limit }
    }
    case 'invalid_value':
      return { code: 'invalid-value', text: own ?? `可填：${issue.values.map(String).join('、')}` }
    default:
      return { code: 'invalid-value', text: own ?? '写法不对，请按接口说明改正' }
  }
}
