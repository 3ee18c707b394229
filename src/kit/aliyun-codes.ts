/** What Aliyun's common gateway answers before a product is asked (公共错误码), for every product alike. */
import type { CodeTable } from './json-answer.ts'

export function aliyunGatewayCodes(product: {
  /** 短信, 语音 */
  readonly name: string
  /** what may have happened already: 收下, 拨出 */
  readonly done: string
}): CodeTable {
  const unsure = `不知道是否已经${product.done}`
  const permission = `密钥没有${product.name}权限，请在 RAM 授权`
  return {
    Throttling: { means: 'limited', text: '要求放慢', waitMs: 1_000 },
    'Throttling.User': { means: 'limited', text: '要求这个账号放慢', waitMs: 1_000 },
    'Throttling.Api': { means: 'limited', text: '要求放慢', waitMs: 1_000 },
    SignatureDoesNotMatch: { means: 'account', text: '接口签名不对，请核对密钥' },
    IncompleteSignature: { means: 'account', text: '接口签名不对，请核对密钥' },
    'InvalidAccessKeyId.NotFound': { means: 'account', text: '没有这个 accessKeyId' },
    'InvalidAccessKeyId.Inactive': { means: 'account', text: 'accessKeyId 已停用' },
    'InvalidTimeStamp.Expired': {
      means: 'account',
      text: '时间相差超过 15 分钟，请校准服务器时间',
    },
    // Somebody on the way sent it twice: the first may have been taken.
    SignatureNonceUsed: { means: 'unsure', text: `同一请求到过一次，${unsure}` },
    InternalError: { means: 'unsure', text: `内部错误，${unsure}` },
    ServiceUnavailable: { means: 'unsure', text: `暂时不可用，${unsure}` },
    NoPermission: { means: 'account', text: permission },
    'Forbidden.RAM': { means: 'account', text: permission },
  }
}
