/** 企业微信: what each return code means (全局错误码, developer.work.weixin.qq.com/document/path/90313). A code
 *  that is not here is refused and never tried again. */
import type { CodeTable } from '../../src/domain/platform-code.ts'

/** the token has run out or was replaced: fetch it again, once */
export const TOKEN_CODES: readonly string[] = ['40014', '41001', '42001']

export const CODES: CodeTable = {
  '-1': { means: 'retry', text: '企业微信系统繁忙，没有发出，稍后自动再试', waitMs: 5_000 },
  '40001': { means: 'account', text: '应用的 Secret 不对，请在管理后台核对后更新机密' },
  '40003': { means: 'recipient', text: '没有这个成员，请在通讯录中核对成员账号' },
  '40008': { means: 'message', text: '企业微信不接受这种消息类型' },
  '40013': { means: 'account', text: '企业 ID 不对，请核对 corpId' },
  '40014': { means: 'account', text: '重新取得的凭证仍不被接受，请核对 corpId 和 Secret' },
  '40031': { means: 'recipient', text: '没有这些成员，请在通讯录中核对成员账号' },
  '40056': { means: 'account', text: '应用编号不对，请核对 agentId' },
  '40058': { means: 'message', text: '企业微信说参数不合法，请核对内容' },
  '41001': { means: 'account', text: '重新取得的凭证仍不被接受，请核对 corpId 和 Secret' },
  '42001': { means: 'account', text: '重新取得的凭证仍不被接受，请核对 corpId 和 Secret' },
  '44004': { means: 'message', text: '消息没有内容' },
  '45002': { means: 'message', text: '消息太长，请缩短后重新签发' },
  '45009': { means: 'limited', text: '发得太快，企业微信要求暂停，稍后自动再试', waitMs: 60_000 },
  '45033': { means: 'limited', text: '同时调用太多，稍后自动再试', waitMs: 1_000 },
  '48002': { means: 'account', text: '这个应用没有发消息的权限，请在管理后台开通' },
  '50001': { means: 'account', text: '企业微信不认这个来源，请在管理后台核对应用设置' },
  '60011': { means: 'account', text: '这个应用没有权限，请在管理后台核对可见范围' },
  '60020': { means: 'account', text: '本机出口地址不在企业可信 IP 内，请在管理后台添加' },
  '81013': { means: 'recipient', text: '接收人都不在应用可见范围或不存在，请核对通讯录和可见范围' },
  '82001': { means: 'recipient', text: '接收人都不在应用可见范围或不存在，请核对通讯录和可见范围' },
  '301002': { means: 'account', text: '这个 Secret 不能操作该应用，请核对 agentId 和 Secret' },
  // The key of one robot: whether it stops the road depends on how many robots the road has.
  '93000': { means: 'account', text: '群机器人的地址无效或已被移出群，请重新添加机器人并更新机密' },
}

/** Codes that concern one robot and not the others of the road. */
export const ROBOT_CODES: readonly string[] = ['93000']
