/** What Aliyun's short message service answers (国内消息 API 错误码, help.aliyun.com/document_detail/101346.html, and
 *  the gateway's common codes). A code that is not here is refused and never tried again. */
import { aliyunGatewayCodes } from '../../src/kit/aliyun-codes.ts'
import { type CodeTable, textMember, type Vendor } from '../../src/kit/json-answer.ts'

const TABLE: CodeTable = {
  'isv.MOBILE_NUMBER_ILLEGAL': { means: 'recipient', text: '号码格式不对，请在通讯录中更正' },
  'isv.BLACK_KEY_CONTROL_LIMIT': { means: 'recipient', text: '号码在黑名单中，请改用别的方式通知' },
  'isv.CUSTOMER_REFUSED': { means: 'recipient', text: '用户已退订，请改用别的方式通知' },
  'isv.DOMESTIC_NUMBER_NOT_SUPPORTED': {
    means: 'account',
    text: '模板是国际短信的，不能发国内号码，请换成国内模板',
  },
  // The message beside it may say a shorter or a longer window.
  'isv.BUSINESS_LIMIT_CONTROL': { means: 'retry', text: '号码收得太频繁', waitMs: 3_600_000 },
  'isv.SMS_CONTENT_ILLEGAL': { means: 'message', text: '含有禁止发送的内容，请改稿' },
  'isv.UNSUPPORTED_CONTENT': { means: 'message', text: '含有不支持的字符，请改稿' },
  'isv.SMS_CONTENT_MISMATCH_TEMPLATE_TYPE': {
    means: 'message',
    text: '内容与模板类型不符，请改稿',
  },
  'isv.PARAM_LENGTH_LIMIT': { means: 'message', text: '变量太长，请缩短标题或正文' },
  'isv.PARAM_NOT_SUPPORT_URL': { means: 'message', text: '变量中不能有链接，请写进报备的模板' },
  'isv.TEMPLATE_PARAMS_ILLEGAL': { means: 'message', text: '变量的内容与报备的属性不符，请改稿' },
  'isv.INVALID_JSON_PARAM': { means: 'message', text: '变量写法不被接受，请核对模板变量' },
  'isv.TEMPLATE_MISSING_PARAMETERS': { means: 'account', text: '少了变量，请核对 templates' },
  'isv.INVALID_PARAMETERS': { means: 'message', text: '参数不被接受，请核对 templates 和签名' },
  'isv.MOBILE_COUNT_OVER_LIMIT': { means: 'account', text: '一次的号码太多，请调小 numbersMax' },
  'isv.SMS_TEMPLATE_ILLEGAL': { means: 'account', text: '模板没有通过审核，请核对模板编号' },
  'isv.SMS_SIGNATURE_ILLEGAL': { means: 'account', text: '签名没有通过审核，请核对签名' },
  'isv.SMS_SIGN_ILLEGAL': { means: 'account', text: '签名被禁用，请重新申请' },
  'isv.SIGN_NAME_ILLEGAL': { means: 'account', text: '签名不合规范，请重新申请' },
  'isv.SIGN_STATE_ILLEGAL': { means: 'account', text: '签名不可用，请在控制台查看原因' },
  'isv.SMS_SIGNATURE_SCENE_ILLEGAL': { means: 'account', text: '签名与模板类型不符，请用通用签名' },
  'isv.EXTEND_CODE_ERROR': { means: 'account', text: '扩展码被别的签名占用，请换 extendCode' },
  'isv.AMOUNT_NOT_ENOUGH': { means: 'account', text: '余额不足，请充值' },
  'isv.OUT_OF_SERVICE': { means: 'account', text: '业务停机，请充值' },
  'isv.DAY_LIMIT_CONTROL': { means: 'account', text: '到了控制台设的日限额，请调高后放行' },
  'isv.MONTH_LIMIT_CONTROL': { means: 'account', text: '到了控制台设的月限额，请调高后放行' },
  'isv.PRODUCT_UN_SUBSCRIPT': { means: 'account', text: '没有开通短信服务' },
  'isv.PRODUCT_UNSUBSCRIBE': { means: 'account', text: '没有开通短信服务' },
  'isv.ACCOUNT_NOT_EXISTS': { means: 'account', text: '没有这个账号，请核对 accessKeyId' },
  'isv.ACCOUNT_ABNORMAL': { means: 'account', text: '账号异常，请联系阿里云' },
  'isv.DENY_IP_RANGE': { means: 'account', text: '出口地址不在内地，请换出口' },
  'isp.RAM_PERMISSION_DENY': { means: 'account', text: '密钥没有短信权限，请在 RAM 授权' },
  // Nothing says how far the message came before the fault.
  'isp.SYSTEM_ERROR': { means: 'unsure', text: '系统错误，不知道是否已经收下' },
  'isp.GATEWAY_ERROR': { means: 'unsure', text: '下发出错，不知道是否已经收下' },
  ...aliyunGatewayCodes({ name: '短信', done: '收下' }),
}

export const ALIYUN_SMS: Vendor = {
  ...{ name: '阿里云短信', table: TABLE, success: ['OK'] },
  codeOf: (tree) => textMember(tree, 'Code'),
}
