/** A road's settings as one text. It refuses what has no end: too many characters, or brackets in brackets
 *  that would break whoever walks through them. */
import { type Canonical, canonical } from '../../domain/canonical.ts'
import { Refused } from '../../domain/refusal.ts'

const SETTINGS_CHARACTERS_MAX = 100_000
const DEPTH_MAX = 40

/** @throws Refused `too-long`, `invalid-value` */
export function settingsText(settings: Canonical): string {
  let level: readonly unknown[] = [settings]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > DEPTH_MAX) {
      const detail = `设置套得太深，最多 ${DEPTH_MAX} 层`
      throw new Refused({ code: 'invalid-value', field: 'settings', detail })
    }
    level = level.flatMap((one) => (typeof one === 'object' && one ? Object.values(one) : []))
  }
  const text = canonical(settings)
  // PostgreSQL keeps no zero character in jsonb.
  if (text.includes('\\u0000')) {
    const detail = '设置里有零字符，请删去'
    throw new Refused({ code: 'invalid-value', field: 'settings', detail })
  }
  if (text.length > SETTINGS_CHARACTERS_MAX)
    throw new Refused({ code: 'too-long', field: 'settings', limit: SETTINGS_CHARACTERS_MAX })
  return text
}
