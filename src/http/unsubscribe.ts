/** The page behind List-Unsubscribe: looking changes nothing, one press or a mail program's one-click
 *  request does. It refuses a link that is not ours and never shows the address. */
import { Hono } from 'hono'
import type { Hub } from '../hub/ports.ts'
import { unsubscribe } from '../hub/unsubscribe.ts'
import { simplePage } from './simple-page.ts'

export interface UnsubscribeSettings {
  readonly hub: Hub
  /** undefined for a token that is not ours */
  readToken(token: string): { readonly agencyId: number; readonly addressId: number } | undefined
  now(): Date
}

export function unsubscribeRoutes(settings: UnsubscribeSettings): Hono {
  const routes = new Hono()
  routes.get('/unsubscribe/:token', (c) => {
    if (!settings.readToken(c.req.param('token'))) return refused()
    return simplePage('退订', [
      '按下面的按钮后，本单位不再向这个地址发送信息。公开的信息仍可在信息公开平台查阅。',
      { button: '确认退订' },
    ])
  })
  routes.post('/unsubscribe/:token', async (c) => {
    const target = settings.readToken(c.req.param('token'))
    if (!target) return refused()
    await unsubscribe(settings.hub, { ...target, at: settings.now() })
    return simplePage('已退订', ['今后不再向这个地址发送信息。如需恢复，请联系发信单位。'])
  })
  return routes
}

function refused(): Response {
  return simplePage(
    '这个退订链接不完整',
    ['请从收到的邮件里重新点开链接；仍打不开时，请直接回复发信单位。'],
    404,
  )
}
