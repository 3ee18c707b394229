/** The bridge to WeChat (`duoling wechaty`): what each of its codes means. A code that is not here is refused and
 *  never tried again. */
import type { CodeTable } from '../../src/domain/platform-code.ts'

/** With these the message was certainly not handed to WeChat. */
export const NOT_SENT: CodeTable = {
  'logged-out': {
    means: 'account',
    text: '微信账号没有登录，消息没有发出；请按 duoling wechaty 的提示扫码登录，再放行这条通路',
  },
  'room-unknown': {
    means: 'recipient',
    text: '这个微信账号里没有这个群，没有发出；请核对群名或群编号，并确认账号在群里、群已存到通讯录',
  },
  'topic-ambiguous': {
    means: 'recipient',
    text: '有两个以上的群同名，没有发出；请在通路设置的 groups 里写明群编号 id',
  },
  'topic-changed': {
    means: 'recipient',
    text: '群编号和群名对不上，群可能改了名，没有发出；请核对后更新通路设置的 groups',
  },
  unreachable: { means: 'retry', text: '微信服务没有应答，消息没有发出，稍后自动再试' },
  busy: { means: 'retry', text: '微信桥排队的消息太多，没有发出，稍后自动再试', waitMs: 30_000 },
  gone: { means: 'retry', text: '微信桥没有等到发送的时候，消息没有发出，稍后自动再试' },
  'key-reused': {
    means: 'message',
    text: '同一个编号已经用在别的内容上，没有发出，请告知维护人员',
  },
}

/** With these it may have been sent. */
export const UNSURE: CodeTable = {
  'puppet-failed': { means: 'unsure', text: '交给微信时出错，可能已经发出，请到群里看' },
  'puppet-timeout': { means: 'unsure', text: '微信没有按时应答，可能已经发出，请到群里看' },
  'under-way': { means: 'unsure', text: '正在发送，还没有结果，稍后再查' },
}
