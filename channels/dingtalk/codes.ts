/** 钉钉: what each return code means (自定义机器人 and 工作通知, open.dingtalk.com/document; the numbers below
 *  143103 are from its table of the send result). A code that is not here is refused and never tried again. */
import type { CodeTable } from '../../src/domain/platform-code.ts'

/** the access token has run out or was replaced: fetch it again, once */
export const TOKEN_CODES: readonly string[] = ['40014', '42001', '40001']

const BLOCK_MS = 600_000

export const CODES: CodeTable = {
  '-1': { means: 'retry', text: '钉钉系统繁忙，没有发出，稍后自动再试', waitMs: 5_000 },
  '33001': { means: 'account', text: '企业编号不对，请核对应用的 AppKey' },
  '33012': { means: 'recipient', text: '没有这个人员，请在通讯录中核对人员编号' },
  '40001': { means: 'account', text: '重新取得的凭证仍不被接受，请核对 AppKey 和 AppSecret' },
  '40014': { means: 'account', text: '重新取得的凭证仍不被接受，请核对 AppKey 和 AppSecret' },
  '42001': { means: 'account', text: '重新取得的凭证仍不被接受，请核对 AppKey 和 AppSecret' },
  '40035': { means: 'message', text: '钉钉说缺少参数，请核对内容' },
  '40089': { means: 'account', text: 'AppKey 或 AppSecret 不对，请核对' },
  '60011': { means: 'account', text: '应用没有发工作通知的权限，请在开发者后台开通' },
  '60020': { means: 'account', text: '本机出口地址不在应用的白名单内，请在开发者后台添加' },
  '60121': { means: 'recipient', text: '没有这个人员，请在通讯录中核对人员编号' },
  '90018': { means: 'limited', text: '调用太快，钉钉要求暂停，稍后自动再试', waitMs: 60_000 },
  '130101': {
    means: 'limited',
    text: '一分钟内超过 20 条，钉钉停 10 分钟，之后自动再试',
    waitMs: BLOCK_MS,
  },
  '143103': { means: 'limited', text: '应用每分钟的发送人次已满，稍后自动再试', waitMs: 60_000 },
  '143104': { means: 'limited', text: '企业每分钟的发送人次已满，稍后自动再试', waitMs: 60_000 },
  '143105': { means: 'recipient', text: '今天给这个人的工作通知已满 500 条，明天再发' },
  '143106': { means: 'recipient', text: '同样的内容今天已给这个人发过，钉钉不再送' },
  '300001': {
    means: 'account',
    text: '群机器人的地址无效或已被移出群，请重新添加机器人并更新机密',
  },
  '300005': {
    means: 'account',
    text: '群机器人的地址无效或已被移出群，请重新添加机器人并更新机密',
  },
  '310000': {
    means: 'account',
    text: '机器人的安全设置没有通过，请核对关键词、加签密钥和 IP 地址段',
  },
  '400013': { means: 'account', text: '群已解散，请在设置中去掉这个群' },
  '400101': {
    means: 'account',
    text: '群机器人的地址无效或已被移出群，请重新添加机器人并更新机密',
  },
  '400102': { means: 'account', text: '群机器人已停用，请在群里启用' },
  '400105': { means: 'message', text: '钉钉不接受这种消息类型' },
  '410100': { means: 'limited', text: '发得太快，钉钉停 10 分钟，之后自动再试', waitMs: BLOCK_MS },
  '430101': { means: 'message', text: '钉钉说内容含不安全的外链，请核对链接后重新签发' },
  '430102': { means: 'message', text: '钉钉说内容含不合适的文字，请修改后重新签发' },
  '430104': { means: 'message', text: '钉钉说内容不合适，请修改后重新签发' },
  '660026': { means: 'limited', text: '发得太快，钉钉要求暂停，稍后自动再试', waitMs: BLOCK_MS },
  '1430000': { means: 'recipient', text: '接收人都不存在或不在应用可见范围，请核对通讯录' },
  '1430002': { means: 'message', text: '钉钉说内容含违禁词，请修改后重新签发' },
}

/** Codes that concern one robot and not the others of the road. */
export const ROBOT_CODES: readonly string[] = ['300001', '300005', '400013', '400101', '400102']

/** The one code of a robot's security settings says in words which of them it was. */
export const SECURITY_CODE = '310000'
export const SECURITY_TEXTS: readonly (readonly [said: RegExp, text: string])[] = [
  [/keyword/i, '消息里没有机器人要求的关键词，请在设置的 keyword 中写上它'],
  [/timestamp/i, '时间与钉钉相差超过 1 小时，请校准本机时间'],
  [/sign/i, '加签密钥不对，请从机器人的安全设置复制，更新机密'],
  [/whitelist|\bip\b/i, '本机出口地址不在机器人的 IP 地址段内，请在安全设置中添加'],
]
