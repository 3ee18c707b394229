/** What checking needs: the agency's words, prints of earlier texts, the runs and their answers; and
 *  from outside the database the reader of files and a look at links. */
import type { DictionaryWord } from '../../domain/checks/dictionary.ts'
import type { FileText, Sheets } from '../../domain/checks/file-text.ts'
import type { Finding } from '../../domain/checks/finding.ts'
import type { LinkState } from '../../domain/checks/links.ts'
import type { Print } from '../../domain/checks/prints.ts'

/** A finding as it is kept: `key` names the same finding in every revision of its bulletin. */
export interface KeptFinding extends Finding {
  readonly key: string
  /** the newest answer, when somebody gave one to this finding */
  readonly answer?: { readonly by: number; readonly at: Date; readonly answer: string }
}

export interface NewCheckRun {
  readonly bulletinId: number
  readonly revision: number
  /** the revision's hash, in hex */
  readonly hash: string
  readonly dictionaryVersion: string
  readonly at: Date
  readonly by?: number
  readonly stops: number
  readonly asks: number
  readonly hints: number
  /** keys of the findings that want an answer */
  readonly askKeys: readonly string[]
  /** the kept body that holds the findings */
  readonly findingsHash: string
}

export interface CheckRunFacts extends Omit<NewCheckRun, 'by'> {
  readonly id: number
}

export interface CheckAnswer {
  readonly key: string
  readonly answer: string
  readonly by: number
  readonly at: Date
}

/** An earlier text of the agency that may be the same. */
export interface EarlierText {
  readonly bulletinId: number
  readonly at: Date
  readonly sameTitle: boolean
  readonly print: Print
}

export interface TextPrint {
  readonly bulletinId: number
  readonly revision: number
  readonly title: string
  readonly print: Print
  readonly at: Date
}

export interface OwnWord extends DictionaryWord {
  readonly id: number
}

export interface CheckPort {
  /** The agency's own words in force. */
  dictionaryWords(): Promise<readonly OwnWord[]>
  addDictionaryWord(word: DictionaryWord, by: number, at: Date): Promise<number>
  /** False when there is no such word in force. */
  retireDictionaryWord(id: number, by: number, at: Date): Promise<boolean>
  /** A keyed mark of a text: equal texts of one bulletin have equal marks, and nobody without the
   *  key can try numbers against it. */
  findingMark(bulletinId: number, text: string): string
  /** Secret of the agency for `printOf`. */
  printSeed(): number
  keepPrint(print: TextPrint): Promise<void>
  /** Texts of other earnest bulletins since `since`, one a bulletin (its newest), newest first; those
   *  with another title only where the length allows them to be alike. */
  earlierTexts(
    print: Pick<TextPrint, 'bulletinId' | 'title' | 'print'>,
    since: Date,
  ): Promise<readonly EarlierText[]>
  addCheckRun(run: NewCheckRun): Promise<number>
  /** The newest run over exactly this text. */
  checkRun(bulletinId: number, hash: string): Promise<CheckRunFacts | undefined>
  addCheckAnswer(
    answer: CheckAnswer & { readonly bulletinId: number; readonly runId: number },
  ): Promise<void>
  /** The newest answer to each finding. */
  checkAnswers(bulletinId: number): Promise<readonly CheckAnswer[]>
  /** The bulletin this one corrects, updates, lifts or reposts. */
  linkedTo(bulletinId: number): Promise<number | undefined>
}

/** Reads files; never throws for what is inside one. */
export interface FileReader {
  read(bytes: Uint8Array, mediaType: string, name: string): Promise<FileText>
}

export interface DocumentsPort extends FileReader {
  /** A reader for the files of one bulletin, which share one limit of time. */
  together(): FileReader
  /** Rows of a workbook, for imports. */
  sheets(bytes: Uint8Array): Promise<Sheets>
  close(): Promise<void>
}

export interface LinksPort {
  /** Looks at each address within one limit of time for all; what was not reached is `unknown`. */
  look(urls: readonly string[]): Promise<ReadonlyMap<string, LinkState>>
}
