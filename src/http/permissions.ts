/** Who may use which route of the API: one table, default deny; the doors ask again and more exactly. 三员
 *  have no business route: what they may do here concerns who is trusted, and nothing that is published. */
import type { Scope } from '../domain/api-key.ts'
import type { Role } from '../domain/role.ts'

export interface Permission {
  readonly who: 'anyone' | 'signed-in' | readonly Role[]
  /** what a key needs; absent where no key may come in */
  readonly scope?: Scope
  /** a machine's key may, within its scopes */
  readonly machine?: true
}

const STAFF: readonly Role[] = [
  ...(['drafter', 'section-head', 'secrecy-reviewer', 'leader', 'duty-officer'] as const),
  'operator',
]
const READ: Permission = { who: STAFF, scope: 'read', machine: true }
const PEOPLE_READ: Permission = { who: STAFF, scope: 'read' }
const DRAFTER: Permission = { who: ['drafter'], scope: 'compose' }
const LEADER: Permission = { who: ['leader'], scope: 'sign' }
const POSTERS: readonly Role[] = ['drafter', 'section-head', 'operator', 'duty-officer']
const SETTERS: readonly Role[] = ['section-head', 'leader', 'operator']
const KEEPER: Permission = {
  ...{ who: ['drafter', 'section-head', 'leader', 'duty-officer'], scope: 'schedules' },
}
/** 安全管理员 lends out roles, sets the chains and takes back what was granted: no business of the bureau */
const WITH_SECURITY: readonly Role[] = [...STAFF, 'security-admin']
const DECIDER: Permission = { who: ['duty-officer', 'operator'], scope: 'tasks' }
const FIRER: Permission = { who: ['duty-officer'], scope: 'sign' }
const WORD_KEEPER: Permission = { who: ['secrecy-reviewer', 'security-admin'], scope: 'review' }
const KEYS: Permission = { who: ['security-admin'], scope: 'keys' }

/** Every route under `/api/v1`, as it is written there. What is not here does not exist. */
export const PERMISSIONS: Readonly<Record<string, Permission>> = {
  'POST /sign-in': { who: 'anyone' },
  'POST /sign-out': { who: 'signed-in' },
  'GET /me': { who: 'signed-in', scope: 'read', machine: true },
  'POST /me/password': { who: 'signed-in' },
  'GET /openapi.json': { who: 'anyone' },
  'GET /docs': { who: 'anyone' },

  'GET /bulletins': PEOPLE_READ,
  'POST /bulletins': DRAFTER,
  'GET /bulletins/:id': PEOPLE_READ,
  'PUT /bulletins/:id/revision': DRAFTER,
  'POST /bulletins/:id/submit': DRAFTER,
  'POST /bulletins/:id/preview': { who: STAFF, scope: 'read' },
  // Which role a step is for stands in the chain; the door asks it.
  'POST /bulletins/:id/review': { who: STAFF, scope: 'review' },
  'POST /bulletins/:id/return': {
    ...{ who: ['secrecy-reviewer', 'section-head', 'leader'], scope: 'review' },
  },
  'POST /bulletins/:id/sign': LEADER,
  'POST /bulletins/:id/amend': LEADER,
  'POST /bulletins/:id/withdraw': LEADER,
  'POST /bulletins/:id/lift': DRAFTER,
  'POST /bulletins/:id/stop': {
    ...{ who: ['secrecy-reviewer', 'leader', 'duty-officer'], scope: 'stop' },
  },
  'GET /bulletins/:id/progress': READ,
  'GET /bulletins/:id/findings': PEOPLE_READ,
  'POST /bulletins/:id/check': {
    ...{ who: ['drafter', 'section-head', 'secrecy-reviewer', 'leader'], scope: 'compose' },
  },
  'POST /bulletins/:id/answers': {
    ...{ who: ['drafter', 'section-head', 'secrecy-reviewer', 'leader'], scope: 'compose' },
  },
  'POST /bulletins/:id/mask': DRAFTER,

  'GET /publications': READ,
  'GET /publications/:id': READ,
  'GET /dispatches': READ,
  'GET /dispatches/:id': READ,
  'GET /deliveries': READ,
  'GET /tasks': PEOPLE_READ,
  'GET /tasks/:id': PEOPLE_READ,
  'POST /tasks/confirm': { who: POSTERS, scope: 'tasks' },
  'GET /imports': READ,
  'POST /imports': {
    ...{ who: ['drafter', 'section-head', 'operator'], scope: 'import', machine: true },
  },
  'POST /imports/:id/confirm': {
    ...{ who: ['drafter', 'section-head', 'secrecy-reviewer', 'leader'], scope: 'import' },
  },
  'POST /office-documents': { who: ['drafter'], scope: 'import', machine: true },
  'POST /office-documents/:id/reuse-approval': {
    ...{ who: ['drafter', 'section-head', 'secrecy-reviewer', 'leader', 'duty-officer'] },
    scope: 'sign',
  },
  'GET /contacts': { who: [...POSTERS, 'leader'], scope: 'contacts' },
  'POST /contacts/import': { who: POSTERS, scope: 'contacts' },
  'GET /contacts/:id/why': { who: [...POSTERS, 'leader'], scope: 'contacts' },
  'POST /addresses/:id/reveal': { who: ['operator', 'duty-officer'], scope: 'contacts' },
  'GET /audiences': PEOPLE_READ,
  'PUT /audiences/:id': { who: POSTERS, scope: 'contacts' },
  'POST /audiences/reach': PEOPLE_READ,
  'GET /schedules': PEOPLE_READ,
  'PUT /schedules/:id': { who: SETTERS, scope: 'schedules' },
  'GET /occurrences': PEOPLE_READ,
  'POST /occurrences/:id/move': KEEPER,
  'POST /occurrences/:id/cancel': KEEPER,
  'POST /occurrences/:id/confirm': KEEPER,
  'POST /occurrences/:id/run': KEEPER,
  'GET /alarms': PEOPLE_READ,
  'POST /alarms/:id/acknowledge': KEEPER,
  'GET /channels': READ,
  // No key: who enters a channel proves who it is.
  'POST /channels': { who: ['operator', 'system-admin'] },
  'GET /totals': READ,
  'POST /blobs': {
    ...{ who: ['drafter', 'section-head', 'operator', 'duty-officer'], scope: 'import' },
    machine: true,
  },
  'GET /blobs/:sha256': PEOPLE_READ,

  'GET /bulletins/:id/status': PEOPLE_READ,
  'GET /bulletins/:id/plan': PEOPLE_READ,
  'PUT /bulletins/:id/plan': DRAFTER,
  'GET /bulletins/:id/replies': PEOPLE_READ,
  'GET /referrals': PEOPLE_READ,
  'POST /referrals/:id/answer': { who: ['secrecy-reviewer'], scope: 'review' },
  'GET /deputies': { who: WITH_SECURITY, scope: 'read' },
  'POST /deputies': { who: WITH_SECURITY },
  'POST /deputies/:id/revoke': { who: WITH_SECURITY },
  'GET /chains': { who: WITH_SECURITY, scope: 'read' },
  'PUT /chains': { who: ['leader', 'security-admin'] },

  'GET /prepared-texts': PEOPLE_READ,
  'GET /prepared-texts/:id': PEOPLE_READ,
  'POST /prepared-texts': DRAFTER,
  'POST /prepared-texts/:id/review': { who: ['secrecy-reviewer'], scope: 'review' },
  'POST /prepared-texts/:id/use': { who: ['duty-officer'], scope: 'compose' },
  'POST /bulletins/:id/sign-prepared': LEADER,
  'GET /standing-orders': { who: WITH_SECURITY, scope: 'read' },
  'GET /standing-orders/:id': { who: WITH_SECURITY, scope: 'read' },
  'POST /standing-orders': LEADER,
  'POST /standing-orders/:id/revoke': { who: ['leader', 'security-admin'], scope: 'stop' },
  'POST /standing-orders/:id/fire': FIRER,
  'GET /relay-sources': { who: WITH_SECURITY, scope: 'read' },
  'POST /relay-sources': { who: ['drafter', 'section-head', 'duty-officer'], scope: 'compose' },
  'POST /relay-sources/:id/confirm': {
    ...{ who: ['secrecy-reviewer', 'leader', 'security-admin'], scope: 'review' },
  },
  'GET /relayed-messages': PEOPLE_READ,
  'POST /relayed-messages': { who: ['drafter', 'duty-officer'], scope: 'import', machine: true },
  'POST /relays': FIRER,
  'GET /after-reviews': PEOPLE_READ,
  'POST /bulletins/:id/after-review': { who: ['secrecy-reviewer'], scope: 'review' },
  'GET /prepared-withdrawals': PEOPLE_READ,
  'POST /bulletins/:id/sign-withdrawal': LEADER,

  'POST /bulletins/:id/paper-code': { who: POSTERS, scope: 'compose' },
  'POST /bulletins/:id/paper-sheets': { who: POSTERS, scope: 'import' },
  'GET /paper-sheets': PEOPLE_READ,
  'POST /paper-sheets/:id/confirm': { who: [...POSTERS, 'secrecy-reviewer'], scope: 'import' },
  'POST /publications/:id/mark-duplicate': {
    ...{ who: ['drafter', 'section-head'], scope: 'import' },
  },
  'GET /dictionary-words': { who: WITH_SECURITY, scope: 'read' },
  'POST /dictionary-words': WORD_KEEPER,
  'POST /dictionary-words/:id/retire': WORD_KEEPER,
  'GET /areas': { who: [...STAFF, 'system-admin'], scope: 'read' },
  'POST /areas': { who: ['section-head', 'operator', 'system-admin'], scope: 'contacts' },
  'POST /contacts/export': {
    ...{ who: ['section-head', 'leader', 'duty-officer', 'operator'], scope: 'contacts' },
  },
  'GET /warnings': PEOPLE_READ,
  'POST /warnings': KEEPER,
  'POST /warnings/:id/lift': KEEPER,
  'GET /unknown-receipts': PEOPLE_READ,
  'GET /unmatched-replies': PEOPLE_READ,
  'POST /dispatches/:id/move-road': {
    ...{ who: ['leader', 'duty-officer', 'operator'], scope: 'tasks' },
  },
  'POST /dispatches/:id/retry-failed': DECIDER,
  'POST /dispatches/:id/other-road': {
    ...{ who: ['leader', 'duty-officer', 'operator'], scope: 'tasks' },
  },
  'POST /dispatches/:id/skip': DECIDER,
  'GET /dispatches/:id/unsure': READ,
  'POST /dispatches/:id/decide-unsure': DECIDER,
  'GET /bulletins/:id/why': { who: [...POSTERS, 'leader'], scope: 'contacts' },
  // A number goes in the body: an address stands in logs of whatever lies between.
  'POST /bulletins/:id/why': { who: [...POSTERS, 'leader'], scope: 'contacts' },
  'GET /held-roads': PEOPLE_READ,
  'GET /attention': READ,
  'POST /channels/:channelId/roads/:roadId/release': { who: ['operator'], scope: 'tasks' },

  'GET /keys': KEYS,
  'POST /keys': KEYS,
  'POST /keys/:id/revoke': KEYS,
  'GET /webhooks': KEYS,
  'POST /webhooks': KEYS,
  'GET /webhooks/:id/deliveries': KEYS,
  'POST /webhooks/:id/rotate': KEYS,
  'POST /webhooks/:id/drop-old': KEYS,
  'POST /webhooks/:id/pause': KEYS,
  'POST /webhooks/:id/resume': KEYS,
  'POST /webhooks/:id/replay': KEYS,
  'POST /webhooks/:id/test': KEYS,
  'POST /webhooks/:id/remove': KEYS,
  'GET /audit': { who: ['auditor', 'security-admin'], scope: 'audit' },
}
