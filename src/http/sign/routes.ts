/** Who may use which page of sign-off: one table, default deny; the doors ask again and more exactly. */
import type { Role } from '../../domain/role.ts'

/** Whoever has a part in a bulletin before it leaves; 三员 and the operator have none. */
const DESK: readonly Role[] = [
  ...(['drafter', 'section-head', 'secrecy-reviewer', 'leader', 'duty-officer'] as const),
]
const STOPPERS: readonly Role[] = ['secrecy-reviewer', 'leader', 'duty-officer']
const RETURNERS: readonly Role[] = ['secrecy-reviewer', 'section-head', 'leader']

/** Every route under `/sign`. What is not here does not exist. */
export const SIGN_OFF_ROUTES: Readonly<Record<string, 'anyone' | readonly Role[]>> = {
  'GET /sign': 'anyone',
  'GET /sign/sign-in': 'anyone',
  'POST /sign/sign-in': 'anyone',
  'GET /sign/style/:name': 'anyone',
  'GET /sign/icon.svg': 'anyone',
  // It says nothing to anybody but its person, and looks at the session by itself.
  'GET /sign/link/:token': 'anyone',
  'GET /sign/': DESK,
  'POST /sign/sign-out': DESK,
  'GET /sign/pin': DESK,
  'POST /sign/pin': DESK,
  'GET /sign/several': ['leader'],
  'POST /sign/several': ['leader'],
  'GET /sign/:id': DESK,
  'GET /sign/:id/text': DESK,
  'GET /sign/:id/channel/:channel': DESK,
  'GET /sign/:id/channel/:channel/page': DESK,
  'GET /sign/:id/file/:sha256': DESK,
  'GET /sign/:id/sign': ['leader'],
  'POST /sign/:id/sign': ['leader'],
  // Which role a step is for stands in the chain; the door asks it.
  'GET /sign/:id/review': DESK,
  'POST /sign/:id/review': DESK,
  'GET /sign/:id/return': RETURNERS,
  'POST /sign/:id/return': RETURNERS,
  'GET /sign/:id/stop': STOPPERS,
  'POST /sign/:id/stop': STOPPERS,
  'GET /sign/:id/link': DESK,
  'POST /sign/:id/link': DESK,
}
