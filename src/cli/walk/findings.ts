/** Findings of the checks as a terminal shows them. */
import type { KeptFinding } from '../../hub/ports/checks.ts'
import { print } from '../command.ts'

const SEVERITY_NAMES = { stop: '必须改', ask: '须说明', hint: '提示' } as const

export function printFindings(findings: readonly KeptFinding[]): void {
  for (const { severity, field, text, fix, answer } of findings) {
    const answered = answer ? `（已说明：${answer.answer}）` : ''
    print(`  ${SEVERITY_NAMES[severity]}  ${field}  ${text}${answered}`)
    if (!answer && fix) print(`        → ${fix}`)
  }
}

/** What still stands in the way of handing in. */
export function openFindings(findings: readonly KeptFinding[]): readonly KeptFinding[] {
  return findings.filter(
    (one) => one.severity === 'stop' || (one.severity === 'ask' && !one.answer),
  )
}
