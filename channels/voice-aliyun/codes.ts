/** What Aliyun's voice service answers to a call (API错误码, help.aliyun.com/document_detail/178344.html), and how a call
 *  ended (运营商回执错误码, document_detail/55085.html). A code that is not here is refused and never tried again. */
import { aliyunGatewayCodes } from '../../src/kit/aliyun-codes.ts'
import { type CodeTable, textMember, type Vendor } from '../../src/kit/json-answer.ts'

const TABLE: CodeTable = {
  'isv.MOBILE_NUMBER_ILLEGAL': { means: 'recipient', text: '号码格式不对，请在通讯录中更正' },
  'isv.COMPLAINT_REJECT': { means: 'recipient', text: '号码投诉过，被拦截，请改用别的方式通知' },
  // 1 call a minute, 5 an hour, 20 in 24 hours to one number; the message beside it may say which.
  'isv.BUSINESS_LIMIT_CONTROL': { means: 'retry', text: '这个号码拨得太频繁', waitMs: 60_000 },
  'isv.BLACK_KEY_CONTROL_LIMIT': { means: 'message', text: '变量含有禁用的词，请改稿' },
  'isv.TEMPLATE_PARAMS_ILLEGAL': { means: 'message', text: '变量的内容不被接受，请改稿' },
  'isv.PARAM_LENGTH_LIMIT': { means: 'message', text: '变量太长，请缩短标题或正文' },
  'isv.PARAM_NOT_SUPPORT_URL': { means: 'message', text: '变量中不能有链接' },
  'isv.INVALID_PARAMETERS': { means: 'message', text: '参数不被接受，请核对 templates' },
  'isv.TEMPLATE_MISSING_PARAMETERS': { means: 'account', text: '少了变量，请核对 templates' },
  'isv.TTS_TEMPLATE_ILLEGAL': { means: 'account', text: '没有这个语音模板，请核对模板编号' },
  'isv.TEMPLATE_ILLEGAL': { means: 'account', text: '没有这个语音模板，请核对模板编号' },
  'isv.DISPLAY_NUMBER_ILLEGAL': { means: 'account', text: '显示号码不能用，请核对 showNumber' },
  'isv.BILLID_NOT_EXIST': { means: 'account', text: '显示号码不属于这个账号，请核对 showNumber' },
  'isv.VOICE_ROBOT_NOT_PERIOD': { means: 'limited', text: '不在允许呼叫的时段', waitMs: 600_000 },
  'isv.VOICE_CALL_PERIOD_ERROR': { means: 'limited', text: '不在允许呼叫的时段', waitMs: 600_000 },
  'isv.AMOUNT_NOT_ENOUGH': { means: 'account', text: '余额不足，请充值' },
  'isv.OUT_OF_SERVICE': { means: 'account', text: '业务停机，请充值' },
  'isv.PRODUCT_UN_SUBSCRIPT': { means: 'account', text: '没有开通语音服务' },
  'isv.PRODUCT_UNSUBSCRIBE': { means: 'account', text: '没有开通语音通知' },
  'isv.ACCOUNT_NOT_EXISTS': { means: 'account', text: '没有这个账号，请核对 accessKeyId' },
  'isv.ACCOUNT_ABNORMAL': { means: 'account', text: '账号异常，请联系阿里云' },
  'isp.RAM_PERMISSION_DENY': { means: 'account', text: '密钥没有语音权限，请在 RAM 授权' },
  // The phone may ring already.
  'isv.VOICE_CALL_FAIL': { means: 'unsure', text: '呼叫发起失败，不知道是否响过' },
  'isp.SYSTEM_ERROR': { means: 'unsure', text: '系统错误，不知道是否已经拨出' },
  'isp.GATEWAY_ERROR': { means: 'unsure', text: '系统错误，不知道是否已经拨出' },
  'isp.UNKNOWN': { means: 'unsure', text: '未知错误，不知道是否已经拨出' },
  ...aliyunGatewayCodes({ name: '语音', done: '拨出' }),
}

/** 数据不存在: the answer to a question about a call nobody made. */
export const NO_SUCH_CALL = '100008.0'
/** 用户听完语音. Somebody who hung up before (200001) did not hear everything. */
export const HEARD_OUT = '200000'
/** 用户提前挂机 */
export const HUNG_UP_EARLY = '200001'
/** DTMF按键消息, while the call goes on */
export const KEY_PRESSED = '300000'

export const ALIYUN_VOICE: Vendor = {
  ...{ name: '阿里云语音', table: TABLE, success: ['OK'] },
  codeOf: (tree) => textMember(tree, 'Code'),
}
