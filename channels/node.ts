/** The adapters a Node process can run. A Worker bundle has a list of its own, without Node-only code. */
import { byHand } from './by-hand.ts'
import type { Adapter } from './channel.ts'
import { dingtalk } from './dingtalk.ts'
import { disclosurePortal } from './disclosure-portal.ts'
import { email } from './email.ts'
import { feishuRobot } from './feishu-robot.ts'
import { httpPublish } from './http-publish.ts'
import { press } from './press.ts'
import { qqOnebot } from './qq-onebot.ts'
import { sms } from './sms.ts'
import { smsAliyun } from './sms-aliyun.ts'
import { smsCmpp } from './sms-cmpp.ts'
import { smsSmpp } from './sms-smpp.ts'
import { smsTencent } from './sms-tencent.ts'
import { voiceAliyun } from './voice-aliyun.ts'
import { wechatGroup } from './wechat-group.ts'
import { wechatOfficial } from './wechat-official.ts'
import { wecom } from './wecom.ts'

export const ADAPTERS: readonly Adapter[] = [
  byHand,
  dingtalk,
  disclosurePortal,
  email,
  feishuRobot,
  httpPublish,
  press,
  qqOnebot,
  sms,
  smsAliyun,
  smsCmpp,
  smsSmpp,
  smsTencent,
  voiceAliyun,
  wechatGroup,
  wechatOfficial,
  wecom,
]
