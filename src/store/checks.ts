/** Checks as they are kept: runs, answers, prints and the agency's words. Marks are keyed, so that no
 *  number can be tried against the database. */
import { sql } from 'kysely'
import type { CheckAnswer, CheckPort } from '../hub/ports/checks.ts'
import { fromHex, hmacSha256 } from '../kit/hash.ts'
import type { Transacting } from './connect.ts'
import type { VaultKeys } from './vault.ts'

export function checkPort(tx: Transacting, agencyId: number, keys: VaultKeys): CheckPort {
  const mark = (purpose: string, text: string) =>
    hmacSha256(keys.blindIndex, `check:${purpose}:${agencyId}:${text}`)
  return {
    ...wordPort(tx, agencyId),
    ...printPort(tx, agencyId, mark),
    ...runPort(tx, agencyId),
    ...answerPort(tx, agencyId),
    findingMark: (bulletinId, text) => mark(`finding:${bulletinId}`, text).toString('hex'),
    async linkedTo(bulletinId) {
      const row = await tx
        .selectFrom('bulletin')
        .select('linked_to')
        .where('agency_id', '=', agencyId)
        .where('id', '=', bulletinId)
        .executeTakeFirst()
      return row?.linked_to ?? undefined
    },
  }
}

type WordPart = Pick<CheckPort, 'dictionaryWords' | 'addDictionaryWord' | 'retireDictionaryWord'>

function wordPort(tx: Transacting, agencyId: number): WordPart {
  return {
    async dictionaryWords() {
      const rows = await tx
        .selectFrom('dictionary_word')
        .select(['id', 'word', 'kind', 'severity', 'instead', 'why', 'unless', 'since'])
        .where('agency_id', '=', agencyId)
        .where('retired_at', 'is', null)
        .orderBy('id')
        .execute()
      return rows.map(({ instead, since, ...row }) => ({
        ...row,
        ...(instead === null ? {} : { instead }),
        ...(since === null ? {} : { since }),
      }))
    },
    async addDictionaryWord(word, by, at) {
      const { id } = await tx
        .insertInto('dictionary_word')
        .values({
          ...{ agency_id: agencyId, word: word.word, kind: word.kind, severity: word.severity },
          ...{ instead: word.instead ?? null, why: word.why, unless: [...(word.unless ?? [])] },
          ...{ since: word.since ?? null, added_by: by, added_at: at },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async retireDictionaryWord(id, by, at) {
      const row = await tx
        .updateTable('dictionary_word')
        .set({ retired_by: by, retired_at: at })
        .where('agency_id', '=', agencyId)
        .where('id', '=', id)
        .where('retired_at', 'is', null)
        .returning('id')
        .executeTakeFirst()
      return row !== undefined
    },
  }
}

/** Candidates compared at most; the newest come first. */
const EARLIER_TEXTS_MAX = 2_000
/** Two sets that share 90 % differ in size by at most this factor (Dice ≥ 0.9). */
const SIZE_RATIO_MAX = 1.25

type PrintPart = Pick<CheckPort, 'printSeed' | 'keepPrint' | 'earlierTexts'>

function printPort(
  tx: Transacting,
  agencyId: number,
  mark: (purpose: string, text: string) => Buffer,
): PrintPart {
  const titleMark = (title: string) => mark('title', title)
  return {
    printSeed: () => mark('print', '').readInt32BE(0),
    async keepPrint({ bulletinId, revision, title, print, at }) {
      await tx
        .insertInto('text_print')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, revision, at },
          ...{ title_mark: titleMark(title), shingles: print.shingles, sketch: [...print.sketch] },
        })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async earlierTexts({ bulletinId, title, print }, since) {
      const own = titleMark(title)
      const least = Math.floor(print.shingles / SIZE_RATIO_MAX)
      const most = Math.ceil(print.shingles * SIZE_RATIO_MAX)
      const { rows } = await sql<{
        bulletinId: number
        at: Date
        sameTitle: boolean
        shingles: number
        sketch: number[]
      }>`
        select p.bulletin_id as "bulletinId", p.at, p.title_mark = ${own} as "sameTitle",
          p.shingles, p.sketch
        from text_print p join bulletin b on b.agency_id = p.agency_id and b.id = p.bulletin_id
        where p.agency_id = ${agencyId} and p.at >= ${since} and p.bulletin_id <> ${bulletinId}
          and b.mode = 'earnest'
          and (p.title_mark = ${own} or p.shingles between ${least} and ${most})
          and p.revision = (select max(r.revision) from text_print r
            where r.agency_id = p.agency_id and r.bulletin_id = p.bulletin_id)
        order by p.at desc, p.bulletin_id desc limit ${EARLIER_TEXTS_MAX}
      `.execute(tx)
      return rows.map(({ shingles, sketch, ...row }) => ({ ...row, print: { shingles, sketch } }))
    },
  }
}

type RunPart = Pick<CheckPort, 'addCheckRun' | 'checkRun'>

function runPort(tx: Transacting, agencyId: number): RunPart {
  return {
    async addCheckRun(run) {
      const { id } = await tx
        .insertInto('check_run')
        .values({
          ...{ agency_id: agencyId, bulletin_id: run.bulletinId, revision: run.revision },
          ...{ hash: fromHex(run.hash), dictionary_version: run.dictionaryVersion, at: run.at },
          ...{ checked_by: run.by ?? null, stops: run.stops, asks: run.asks, hints: run.hints },
          ...{ ask_keys: [...run.askKeys], findings_hash: fromHex(run.findingsHash) },
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      return id
    },
    async checkRun(bulletinId, hash) {
      const row = await tx
        .selectFrom('check_run')
        .select(['id', 'revision', 'dictionary_version', 'at', 'stops', 'asks', 'hints'])
        .select(['ask_keys', 'findings_hash'])
        .where('agency_id', '=', agencyId)
        .where('bulletin_id', '=', bulletinId)
        .where('hash', '=', fromHex(hash))
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirst()
      if (!row) return undefined
      const { dictionary_version, ask_keys, findings_hash, ...facts } = row
      return {
        ...{ ...facts, bulletinId, hash, dictionaryVersion: dictionary_version },
        ...{ askKeys: ask_keys, findingsHash: findings_hash.toString('hex') },
      }
    },
  }
}

type AnswerPart = Pick<CheckPort, 'addCheckAnswer' | 'checkAnswers'>

function answerPort(tx: Transacting, agencyId: number): AnswerPart {
  return {
    async addCheckAnswer({ bulletinId, runId, key, answer, by, at }) {
      await tx
        .insertInto('check_answer')
        .values({
          ...{ agency_id: agencyId, bulletin_id: bulletinId, run_id: runId, finding_key: key },
          ...{ answer, answered_by: by, at },
        })
        .execute()
    },
    async checkAnswers(bulletinId) {
      const { rows } = await sql<CheckAnswer>`
        select distinct on (finding_key) finding_key as key, answer, answered_by as by, at
        from check_answer where agency_id = ${agencyId} and bulletin_id = ${bulletinId}
        order by finding_key, id desc
      `.execute(tx)
      return rows
    },
  }
}
