/** What Tencent Cloud's short message service answers (错误码, cloud.tencent.com/document/api/382/59177 and 382/52075),
 *  for a call and for each number of it. A code that is not here is refused and never tried again. */
import { type CodeTable, textMember, type Vendor } from '../../src/kit/json-answer.ts'

const TABLE: CodeTable = {
  'InvalidParameterValue.IncorrectPhoneNumber': {
    means: 'recipient',
    text: '号码格式不对，请在通讯录中更正',
  },
  'FailedOperation.PhoneNumberParseFail': {
    means: 'recipient',
    text: '号码格式不对，请在通讯录中更正',
  },
  'FailedOperation.PhoneNumberInBlacklist': {
    means: 'recipient',
    text: '号码在免打扰名单中，请改用别的方式通知',
  },
  'LimitExceeded.PhoneNumberDailyLimit': {
    means: 'recipient',
    text: '号码今天收到的条数到了上限，请改用别的方式通知',
  },
  'LimitExceeded.PhoneNumberSameContentDailyLimit': {
    means: 'recipient',
    text: '号码今天收到的相同内容到了上限，请改用别的方式通知',
  },
  'LimitExceeded.PhoneNumberThirtySecondLimit': {
    means: 'retry',
    text: '号码30秒内收得太多',
    waitMs: 30_000,
  },
  'LimitExceeded.PhoneNumberOneHourLimit': {
    means: 'retry',
    text: '号码一小时内收得太多',
    waitMs: 3_600_000,
  },
  'LimitExceeded.DeliveryFrequencyLimit': {
    means: 'retry',
    text: '命中控制台设的频率限制',
    waitMs: 60_000,
  },
  'FailedOperation.ContainSensitiveWord': { means: 'message', text: '含有敏感词，请改稿' },
  'InvalidParameterValue.ContentLengthLimit': { means: 'message', text: '太长，请缩短' },
  'InvalidParameterValue.TemplateParameterFormatError': {
    means: 'message',
    text: '变量的内容不被接受，请改稿',
  },
  'InvalidParameterValue.TemplateParameterLengthLimit': {
    means: 'message',
    text: '变量太长，请缩短标题或正文',
  },
  'InvalidParameterValue.ProhibitedUseUrlInTemplateParameter': {
    means: 'message',
    text: '变量中不能有链接，请写进报备的模板',
  },
  'FailedOperation.MarketingSendTimeConstraint': {
    means: 'message',
    text: '营销模板只能在8点到22点发，请改用通知模板',
  },
  'FailedOperation.FailResolvePacket': { means: 'message', text: '请求不被接受，请核对设置' },
  'FailedOperation.JsonParseFail': { means: 'message', text: '请求不被接受，请核对设置' },
  InvalidParameter: { means: 'message', text: '参数不被接受，请核对设置' },
  InvalidParameterValue: { means: 'message', text: '参数不被接受，请核对设置' },
  MissingParameter: { means: 'account', text: '少了参数，请核对设置' },
  UnknownParameter: { means: 'account', text: '有不认识的参数，请核对设置' },
  'MissingParameter.EmptyPhoneNumberSet': { means: 'message', text: '号码列表是空的' },
  'FailedOperation.InsufficientBalanceInSmsPackage': {
    means: 'account',
    text: '套餐包用完了，请购买',
  },
  'FailedOperation.SignatureIncorrectOrUnapproved': {
    means: 'account',
    text: '签名没有通过审核，请核对签名',
  },
  'FailedOperation.TemplateIncorrectOrUnapproved': {
    means: 'account',
    text: '模板没有通过审核或内容不符，请核对模板',
  },
  'FailedOperation.TemplateUnapprovedOrNotExist': {
    means: 'account',
    text: '没有这个模板或没有通过审核，请核对模板编号',
  },
  'FailedOperation.TemplateParamSetNotMatchApprovedTemplate': {
    means: 'account',
    text: '变量个数与模板不符，请核对 templates',
  },
  'InvalidParameterValue.SdkAppIdNotExist': { means: 'account', text: '没有这个 SdkAppId，请核对' },
  'LimitExceeded.PhoneNumberCountLimit': {
    means: 'account',
    text: '一次的号码太多，请调小 numbersMax',
  },
  'LimitExceeded.AppDailyLimit': { means: 'account', text: '到了控制台设的日限额，请调高后放行' },
  'LimitExceeded.AppMainlandChinaDailyLimit': {
    means: 'account',
    text: '到了控制台设的日限额，请调高后放行',
  },
  'UnauthorizedOperation.RequestIpNotInWhitelist': {
    means: 'account',
    text: '出口地址不在白名单，请在控制台添加',
  },
  'UnauthorizedOperation.RequestPermissionDeny': {
    means: 'account',
    text: '没有权限，请联系腾讯云',
  },
  'UnauthorizedOperation.SdkAppIdIsDisabled': { means: 'account', text: 'SdkAppId 被停用' },
  'UnauthorizedOperation.ServiceSuspendDueToArrears': {
    means: 'account',
    text: '欠费停机，请充值',
  },
  'UnauthorizedOperation.SmsSdkAppIdVerifyFail': {
    means: 'account',
    text: 'SdkAppId 校验没有通过',
  },
  'AuthFailure.SignatureFailure': { means: 'account', text: '接口签名不对，请核对密钥' },
  'AuthFailure.SignatureExpire': { means: 'account', text: '时间相差超过5分钟，请校准服务器时间' },
  'AuthFailure.InvalidSecretId': { means: 'account', text: 'secretId 不对，请核对' },
  'AuthFailure.SecretIdNotFound': { means: 'account', text: '没有这个 secretId，请核对' },
  'AuthFailure.InvalidAuthorization': { means: 'account', text: '接口签名不对，请核对密钥' },
  'AuthFailure.UnauthorizedOperation': {
    means: 'account',
    text: '密钥没有短信权限，请在 CAM 授权',
  },
  'AuthFailure.TokenFailure': { means: 'account', text: '密钥不能用，请核对' },
  'InternalError.RequestTimeException': {
    means: 'account',
    text: '时间相差太多，请校准服务器时间',
  },
  'InternalError.SigVerificationFail': { means: 'account', text: '签名校验没有通过，请核对密钥' },
  IpInBlacklist: { means: 'account', text: '出口地址在黑名单中' },
  IpNotInWhitelist: { means: 'account', text: '出口地址不在白名单，请在控制台添加' },
  InvalidAction: { means: 'account', text: '没有这个接口，请核对 endpoint' },
  NoSuchVersion: { means: 'account', text: '没有这个版本的接口，请核对 endpoint' },
  UnsupportedRegion: { means: 'account', text: '地域不对，请核对 region' },
  RequestLimitExceeded: { means: 'limited', text: '要求放慢', waitMs: 1_000 },
  'RequestLimitExceeded.IPLimitExceeded': { means: 'limited', text: '要求放慢', waitMs: 1_000 },
  'RequestLimitExceeded.UinLimitExceeded': { means: 'limited', text: '要求放慢', waitMs: 1_000 },
  'RequestLimitExceeded.GlobalRegionUinLimitExceeded': {
    means: 'limited',
    text: '要求放慢',
    waitMs: 1_000,
  },
  // Nothing says how far the message came before the fault.
  InternalError: { means: 'unsure', text: '内部错误，不知道是否已经收下' },
  'InternalError.Timeout': { means: 'unsure', text: '下发超时，不知道是否已经收下' },
  'InternalError.SendAndRecvFail': { means: 'unsure', text: '下发超时，不知道是否已经收下' },
  'InternalError.OtherError': { means: 'unsure', text: '内部错误，不知道是否已经收下' },
  'InternalError.UnknownError': { means: 'unsure', text: '内部错误，不知道是否已经收下' },
  'FailedOperation.ParametersOtherError': { means: 'unsure', text: '未知错误，不知道是否已经收下' },
  ServiceUnavailable: { means: 'unsure', text: '暂时不可用，不知道是否已经收下' },
}

/** Code of one number that was taken. */
export const TAKEN = 'Ok'

export const TENCENT_SMS: Vendor = {
  ...{ name: '腾讯云短信', table: TABLE, success: [TAKEN] },
  // An answer without an error names its request.
  codeOf: (tree) =>
    textMember(tree, 'Response', 'Error', 'Code') ??
    (textMember(tree, 'Response', 'RequestId') === undefined ? undefined : TAKEN),
}
