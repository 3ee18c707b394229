/** 飞书自定义机器人: what each return code means (open.feishu.cn/document/client-docs/bot-v3/add-custom-bot). A
 *  code that is not here is refused and never tried again. */
import type { CodeTable } from '../../src/domain/platform-code.ts'

export const CODES: CodeTable = {
  '9499': { means: 'message', text: '飞书说请求格式不对，请核对内容' },
  '11232': { means: 'limited', text: '发得太快，飞书要求放慢，稍后自动再试', waitMs: 60_000 },
  '11233': { means: 'limited', text: '租户发得太快，飞书要求放慢，稍后自动再试', waitMs: 60_000 },
  '11246': { means: 'message', text: '飞书不接受这段内容，请修改后重新签发' },
  '19001': { means: 'account', text: '群机器人的地址无效或已被移出群，请重新添加机器人并更新机密' },
  '19002': { means: 'message', text: '飞书说参数不对，请核对内容' },
  '19021': {
    means: 'account',
    text: '签名没有通过：密钥不对，或本机时间与飞书相差超过 1 小时，请核对',
  },
  '19022': { means: 'account', text: '本机出口地址不在机器人的 IP 白名单内，请在安全设置中添加' },
  '19024': { means: 'account', text: '消息里没有机器人要求的关键词，请在设置的 keyword 中写上它' },
}

/** Codes that concern one robot and not the others of the road. */
export const ROBOT_CODES: readonly string[] = ['19001']
export const SIGNATURE_CODE = '19021'
