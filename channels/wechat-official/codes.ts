/** What the platform's codes mean, in one table. A code that does not stand here is refused, never tried
 *  again. Source: 公众号 全局返回码, and the pages of each interface; rows marked 待核 are from experience. */

/** `token`: fetch another one; `busy`: certainly not done; `minute`, `day`, `quota`: a window is used up;
 *  `account`: nothing goes until somebody acts; `message`: this article never goes; `known`: our own id was
 *  taken before; `soon`: our own id was repeated too fast; `gone`: nothing stands under this id. */
export type Meaning =
  | 'token'
  | 'busy'
  | 'minute'
  | 'day'
  | 'quota'
  | 'account'
  | 'message'
  | 'known'
  | 'soon'
  | 'gone'

export interface CodeRow {
  readonly means: Meaning
  /** what it is and what to do, for a person */
  readonly text: string
}

const TOKEN = '平台不认调用凭证，已重取一次仍不认，请核对 AppID 和 AppSecret'
const PICTURE = '平台不收这张图片，请换成 1 MB 以内的 jpg 或 png'
const ALLOW_LIST = '服务器 IP 不在公众号的 IP 白名单中，请在“设置与开发—开发接口管理—IP 白名单”添加'
const PERMISSION = '公众号没有这个接口的权限，请确认已认证，并在“开发接口管理—接口权限”中查看'

export const CODES: Readonly<Record<string, CodeRow>> = {
  '-1': { means: 'busy', text: '平台繁忙，稍后再试' },
  '40001': { means: 'token', text: TOKEN },
  '40014': { means: 'token', text: TOKEN },
  '42001': { means: 'token', text: TOKEN },
  '40002': { means: 'account', text: '平台不认凭证类型，请联系维护人员' },
  '40003': { means: 'message', text: '预览用的 openid 不对或没有关注本公众号，请核对 previewTo' },
  '40005': { means: 'message', text: PICTURE },
  '40006': { means: 'message', text: PICTURE },
  '40007': {
    means: 'gone',
    text: '平台上没有这个素材或草稿，请核对封面 coverMediaId（须是永久素材）',
  },
  '40009': { means: 'message', text: PICTURE },
  '40013': { means: 'account', text: 'AppID 不对，请核对 appId' },
  '40059': { means: 'gone', text: '平台不认这个群发编号，请到公众平台后台删除' },
  '40125': { means: 'account', text: 'AppSecret 不对，请在公众平台重置后更新机密' },
  '40137': { means: 'message', text: PICTURE },
  '40164': { means: 'account', text: ALLOW_LIST },
  '40243': { means: 'account', text: 'AppSecret 已被冻结，请登录公众平台解冻' },
  '41004': { means: 'account', text: '没有填写 AppSecret，请核对机密' },
  '43019': { means: 'message', text: '预览对象已把本公众号拉黑，请换一个 previewTo' },
  '44003': { means: 'message', text: '图文内容是空的，请补充正文' },
  '45001': { means: 'message', text: PICTURE },
  '45002': { means: 'message', text: '正文超过平台上限，请缩短或改为附上链接' },
  '45003': { means: 'message', text: '标题超过平台上限 32 字，请缩短' },
  '45004': { means: 'message', text: '摘要超过平台上限 128 字，请缩短' },
  '45005': { means: 'message', text: '原文链接超过平台上限，请核对' },
  '45008': { means: 'message', text: '图文条数超过平台上限，请减少' },
  '45009': { means: 'day', text: '今天的接口调用次数已用完，明天零点后再试' },
  '45011': { means: 'minute', text: '调用太频繁，一分钟后再试' },
  '45028': { means: 'quota', text: '群发次数已用完，等下一个周期' },
  '45065': { means: 'known', text: '平台说这个编号已群发过' },
  '45066': { means: 'soon', text: '同一编号重试太快，稍后再试' },
  '45067': { means: 'message', text: '群发编号过长，请联系维护人员' },
  '45110': { means: 'message', text: '作者超过平台上限 16 字，请缩短设置中的 author' },
  '47001': { means: 'message', text: '平台看不懂请求内容，请联系维护人员' },
  '48001': { means: 'account', text: PERMISSION },
  '48004': { means: 'account', text: '接口被平台封禁，请登录公众平台查看站内信' },
  '48005': { means: 'message', text: '素材正被自动回复或菜单使用，不能删除，请先解除' },
  '50001': { means: 'account', text: PERMISSION },
  '50002': { means: 'account', text: '账号受限或被冻结，请登录公众平台处理' },
  '61004': { means: 'account', text: ALLOW_LIST },
  // 待核: known from the platform's pages by name only.
  '53503': { means: 'message', text: '草稿没有通过平台的发布检查，请到公众平台草稿箱查看原因' },
  '53504': { means: 'message', text: '这份草稿只能在公众平台网页上发布，请登录后手工发布' },
  '53505': { means: 'message', text: '草稿需先在公众平台网页上保存一次，请登录后保存并手工发布' },
  '53600': { means: 'gone', text: '平台上没有这篇文章，可能已被删除' },
  '89501': { means: 'account', text: '服务器 IP 正等待管理员确认，请管理员在微信中确认' },
  '89503': { means: 'account', text: '服务器 IP 需要管理员确认，请管理员在微信中确认' },
  '89506': { means: 'account', text: '管理员 24 小时内两次拒绝了服务器 IP，24 小时后再试' },
  '89507': { means: 'account', text: '管理员拒绝了服务器 IP，1 小时后再试' },
}

/** 群发审核不通过的原因, as the event says them in `Status`. */
export const REVIEW_CODES: Readonly<Record<string, string>> = {
  'err(10001)': '涉嫌广告',
  'err(20001)': '涉嫌政治',
  'err(20002)': '涉嫌色情',
  'err(20004)': '涉嫌社会',
  'err(20006)': '涉嫌违法犯罪',
  'err(20008)': '涉嫌欺诈',
  'err(20013)': '涉嫌版权',
  'err(21000)': '涉嫌其他',
  'err(22000)': '涉嫌互推',
}

/** `publish_status` of freepublish/get and of its event. What was deleted by its owner was published. */
export const PUBLISH_STATES: Readonly<Record<string, 'delivered' | 'failed'>> = {
  '0': 'delivered',
  '2': 'failed',
  '3': 'failed',
  '4': 'failed',
  '5': 'delivered',
  '6': 'failed',
}

/** `msg_status` of mass/get. */
export const MASS_STATES: Readonly<Record<string, 'delivered' | 'failed'>> = {
  SEND_SUCCESS: 'delivered',
  SEND_FAIL: 'failed',
  DELETE: 'delivered',
}
