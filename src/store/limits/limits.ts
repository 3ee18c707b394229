/** Limits as the hub knows them. */
import type { LimitPort } from '../../hub/ports/limits.ts'
import type { Database } from '../connect.ts'
import type { Waker } from '../queue.ts'
import { cutOff, putBack } from './put-back.ts'
import { answerLook, answerTokens, takeLook, takeTokens } from './tokens.ts'

export function limitPort(db: Database, waker: Waker): LimitPort {
  return {
    take: (request) => takeTokens(db, request),
    answered: (answer) => answerTokens(db, answer),
    takeLook: (request) => takeLook(db, request),
    answerLook: (request, asked) => answerLook(db, request, asked),
    putBack: (claim, at, waitMs) => putBack(db, waker, claim, at, waitMs),
    cutOff: (claim, at, parts) => cutOff(db, waker, claim, at, parts),
  }
}
