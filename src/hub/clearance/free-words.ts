/** 自由填写的字: what nobody reviews when a standing order is fired is looked through by the checks. It
 *  refuses whatever they would ask about, because nobody is there to answer. */
import { runChecks } from '../../domain/checks/run.ts'
import { dictionaryFinder } from '../../domain/checks/secrecy.ts'
import type { BlankValues } from '../../domain/clearance/blanks.ts'
import type { Template } from '../../domain/clearance/template.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { dayOf } from '../../domain/year.ts'
import type { Tx } from '../ports.ts'

export async function whyNotFreeWords(
  tx: Tx,
  { blanks, categoryId }: Template,
  values: BlankValues,
  at: Date,
): Promise<Refusal | undefined> {
  const free = Object.entries(blanks).filter(([, blank]) => blank.type === 'text')
  if (free.length === 0) return undefined
  const dictionary = dictionaryFinder(await tx.dictionaryWords())
  for (const [name] of free) {
    const blocks = [{ kind: 'paragraph', text: values[name] ?? '' }] as const
    const content = { title: '', blocks, attachments: [], metadata: {}, entries: [] }
    const found = runChecks({
      ...{ content, categoryId, day: dayOf(at), files: [], links: new Map(), dictionary },
    })
    const [first] = found.filter((one) => one.field.startsWith('blocks') && one.severity !== 'hint')
    if (first) return { code: 'findings-open', field: name, detail: first.text }
  }
  return undefined
}
