/** OneBot 11: what each return code means. 0, 1 and 1400 to 1404 are of the standard (onebot-11: api, HTTP and
 *  WebSocket); the others differ from client to client and are 待核. A code that is not here is refused and never
 *  tried again. */
import type { CodeTable } from '../../src/domain/platform-code.ts'

export const ASYNC_CODE = '1'

export const CODES: CodeTable = {
  '1': { means: 'unsure', text: 'QQ 客户端收下了，但不告诉结果，请到群里看' },
  // Most clients say this when the account is under 风控; a hand takes over at once.
  '100': { means: 'account', text: 'QQ 客户端不发：账号可能被风控，或参数不对，请登录客户端查看' },
  '102': { means: 'recipient', text: '这个账号不在群里，或没有权限，请核对群号' },
  '103': { means: 'recipient', text: '发送失败：可能被禁言或不在群里，请到群里看' },
  '104': { means: 'account', text: 'QQ 账号的登录已失效，请重新登录客户端' },
  '200': { means: 'recipient', text: '发送失败：可能被禁言或不在群里，请到群里看' },
  '1200': { means: 'recipient', text: '发送失败：可能被禁言或不在群里，请到群里看' },
  '1400': { means: 'message', text: 'QQ 客户端不接受这个请求，请核对群号和内容' },
  '1401': { means: 'account', text: 'QQ 客户端要求访问令牌，请在设置的 accessToken 中填写' },
  '1403': { means: 'account', text: 'QQ 客户端的访问令牌不对，请核对机密' },
  '1404': { means: 'account', text: 'QQ 客户端没有这个接口，请确认它支持 OneBot 11' },
}

/** A client that waited for QQ in vain does not know whether the message went out. */
export const TIMED_OUT = /timeout|timed out|超时/i
