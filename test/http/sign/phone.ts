/** A bureau's sign-off pages on a phone without a script: pages are fetched, their forms are filled in and sent
 *  as a browser would. */
import { Hono } from 'hono'
import type { Role } from '../../../src/domain/role.ts'
import type { SignOffEnv } from '../../../src/http/sign/guard.ts'
import type { SignOffSettings } from '../../../src/http/sign/settings.ts'
import { signOffRoutes } from '../../../src/http/sign/sign-off.ts'
import { openPins } from '../../../src/store/accounts/pins.ts'
import { type Draft, draftBy, NOTIFY, PUBLISH, submitBy } from '../../support/bureau.ts'
import { type Desk, type DeskParts, ORIGIN, openDesk } from '../api/desk.ts'

export const PIN = '739518'

export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly path: string
}

export interface Phone {
  readonly desk: Desk
  readonly settings: SignOffSettings
  readonly routes: Hono<SignOffEnv>
  /** Adds a person with a session and a PIN; answers the person's id. */
  enter(login: string, roles: readonly Role[]): Promise<number>
  /** Follows no redirection. */
  get(path: string, as?: string, headers?: Record<string, string>): Promise<Page>
  post(
    path: string,
    as: string | undefined,
    fields: Iterable<readonly [string, string]>,
    headers?: Record<string, string>,
  ): Promise<Page>
  /** Fills in the form of a page and sends it; a field given as undefined is left out. */
  send(page: Page, as: string, fields: Readonly<Record<string, string | undefined>>): Promise<Page>
  /** A text by 沈文书, checked and handed in for one place and one wire. */
  handedIn(draft?: Draft, orders?: Parameters<typeof submitBy>[3]): ReturnType<typeof draftBy>
  close(): Promise<void>
}

export async function openPhone(
  parts: DeskParts & { readonly practice?: boolean } = {},
): Promise<Phone> {
  const desk = await openDesk(parts)
  const { hub, accounts, blobs, log, now } = desk.settings
  const { connection, keys } = desk.bureau.test
  const pins = openPins(connection.db, keys.item)
  const settings: SignOffSettings = {
    ...{ hub, accounts, blobs, log, now, pins, practice: parts.practice ?? false },
    ...{ key: Buffer.alloc(32, 7), url: () => ORIGIN },
  }
  const routes = signOffRoutes(settings)
  // As in the server, something that takes every address stands behind.
  const whole = new Hono<SignOffEnv>().route('/', routes)
  whole.get('*', (c) => c.text('portal', 418))
  const call = async (path: string, init: RequestInit): Promise<Page> => {
    const answer = await whole.request(`${ORIGIN}${path}`, init)
    return { status: answer.status, headers: answer.headers, text: await answer.text(), path }
  }
  const cookieOf = (as?: string) => (as === undefined ? {} : { cookie: desk.cookieOf(as) })
  const post: Phone['post'] = (path, as, fields, headers = { origin: ORIGIN }) =>
    call(path, {
      method: 'POST',
      headers: {
        ...{ ...cookieOf(as), 'content-type': 'application/x-www-form-urlencoded' },
        ...headers,
      },
      body: new URLSearchParams(
        [...fields].map(([name, value]): [string, string] => [name, value]),
      ).toString(),
    })
  return {
    ...{ desk, settings, routes, post },
    async enter(login, roles) {
      const personId = await desk.enter(login, roles)
      await pins.set({ agencyId: desk.bureau.agencyId, personId, pin: PIN, at: now() })
      return personId
    },
    get: (path, as, headers = {}) => call(path, { headers: { ...cookieOf(as), ...headers } }),
    send(page, as, fields) {
      const form = formOf(page.text)
      const kept = form.fields.filter(([name]) => !(name in fields))
      const given = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      )
      return post(form.action ?? page.path, as, [...kept, ...given])
    },
    async handedIn(draft = {}, orders = [PUBLISH, NOTIFY]) {
      const made = await draftBy(desk.bureau, '沈文书', draft)
      await submitBy(desk.bureau, '沈文书', made, orders)
      return made
    },
    close: () => desk.close(),
  }
}

interface Form {
  readonly action: string | undefined
  readonly fields: readonly (readonly [string, string])[]
}

const plain = (text: string) =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')

/** The page's own form, not the one that signs out, with what a browser would send of it untouched. */
export function formOf(text: string): Form {
  const [, main = ''] = text.split('<main>')
  const [, attributes = '', inside = ''] =
    /<form method="post"([^>]*)>([\s\S]*?)<\/form>/.exec(main) ?? []
  const [, action] = /action="([^"]*)"/.exec(attributes) ?? []
  const fields = [...inside.matchAll(/<input ([^>]*)>/g)].flatMap(([, input = '']) => {
    const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(input)?.[1] ?? ''
    const kind = value('type')
    const sent = kind === 'hidden' || (/radio|checkbox/.test(kind) && / checked/.test(input))
    return sent ? [[value('name'), plain(value('value'))] as const] : []
  })
  return { action, fields }
}

/** Long enough to scroll, with a table and metadata. */
export const NOTICE_BODY = {
  blocks: [
    ...[1, 2, 3].map((one) => ({
      kind: 'paragraph' as const,
      text: `${one}. 各镇（街道）安监所应于11月30日前对辖区内危险化学品企业开展一次全面检查，重点检查储罐区、装卸区和应急物资，发现隐患立即整改，并将情况书面报送我局。`,
    })),
    {
      kind: 'table' as const,
      header: ['镇街', '企业数'],
      rows: [
        ['梧桐街道', '12'],
        ['乌镇镇', '7'],
      ],
    },
  ],
  metadata: { documentNumber: '桐安监〔2026〕31号', formedOn: '2026-11-24' },
}
