/** 载荷: what a channel will say, rendered once at signing, with named holes for what is not known yet.
 *  Refuses holes outside the closed list and values over their limit. */
import type { Canonical } from './canonical.ts'
import type { Refusal } from './refusal.ts'

/** The closed list of holes; `scope` says whether one value serves a whole dispatch. */
export const HOLES = {
  'public-url': { scope: 'dispatch', charactersMax: 500 },
  'index-number': { scope: 'dispatch', charactersMax: 60 },
  'published-at': { scope: 'dispatch', charactersMax: 40 },
  'media-id': { scope: 'dispatch', charactersMax: 200 },
  'unsubscribe-url': { scope: 'recipient', charactersMax: 500 },
  'recipient-name': { scope: 'recipient', charactersMax: 80 },
} as const
export type HoleName = keyof typeof HOLES

/** A field is text with holes between; text can never be mistaken for a hole. */
export type Segment = string | { readonly hole: HoleName }
export type Field = readonly Segment[]

export interface Payload {
  readonly form: 'text' | 'template' | 'html' | 'card' | 'fields'
  readonly fields: { readonly [name: string]: Field }
}

export type HoleValues = Partial<Record<HoleName, string>>
export type FilledFields = { readonly [name: string]: string }

export function holesOf(payload: Payload): readonly HoleName[] {
  const found = new Set<HoleName>()
  for (const field of Object.values(payload.fields)) {
    for (const segment of field) if (typeof segment !== 'string') found.add(segment.hole)
  }
  return [...found].sort()
}

export function payloadSubject(payload: Payload): Canonical {
  return { version: 1, form: payload.form, fields: payload.fields }
}

/** Fills what `values` knows. A missing value is a refusal: nothing leaves with a hole in it. */
export function fill(
  payload: Payload,
  values: HoleValues,
): { fields: FilledFields } | { refusal: Refusal } {
  const fields: Record<string, string> = {}
  for (const [name, field] of Object.entries(payload.fields)) {
    let text = ''
    for (const segment of field) {
      if (typeof segment === 'string') {
        text += segment
        continue
      }
      const hole = HOLES[segment.hole]
      const value = values[segment.hole]
      if (hole === undefined || value === undefined)
        return { refusal: { code: 'missing-field', field: segment.hole } }
      if ([...value].length > hole.charactersMax)
        return { refusal: { code: 'too-long', field: segment.hole, limit: hole.charactersMax } }
      text += value
    }
    fields[name] = text
  }
  return { fields }
}

/** True when every recipient gets the same text, so that it is filled once a dispatch. */
export function isUniform(payload: Payload): boolean {
  return holesOf(payload).every((name) => HOLES[name].scope === 'dispatch')
}
