/** 自由填写的字: what nobody reviewed is looked through before it stands in a text. Nowhere may it bring a link
 *  or markup; where nobody is there to answer, it is refused for whatever the checks would ask about. */
import type { RevisionContent } from '../../domain/bulletin.ts'
import { findInFreeWords } from '../../domain/checks/free-words.ts'
import { runChecks } from '../../domain/checks/run.ts'
import { dictionaryFinder } from '../../domain/checks/secrecy.ts'
import type { BlankValues } from '../../domain/clearance/blanks.ts'
import type { Template } from '../../domain/clearance/template.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { dayOf } from '../../domain/year.ts'
import type { Tx } from '../ports.ts'

/** `bare` is the text as it is without its free words. */
export function whyFreeWordsLead(
  bare: RevisionContent,
  filled: RevisionContent,
): Refusal | undefined {
  const [first] = findInFreeWords(bare, filled)
  return (
    first && { code: 'findings-open', field: 'free-words', detail: `${first.text}；${first.fix}` }
  )
}

/** For a standing order, which is fired with nobody at hand. */
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
