/** What this road answers by itself, where the platform said nothing or nothing clear. */
import type { Outcome } from '../../src/domain/outcome.ts'

const MINUTE_MS = 60_000

export const UNREADABLE: Outcome = {
  ...{ kind: 'retry', code: 'unreadable-answer' },
  detail: '看不懂平台的答复，草稿没有发布，稍后再试',
}
export const NOT_NAMED: Outcome = {
  ...{ kind: 'unsure', code: 'unreadable-answer' },
  detail: '平台收下了却没有给出编号，请到公众平台后台核实',
}
export const NO_REFERENCE: Outcome = {
  ...{ kind: 'refused', scope: 'message', code: 'reference-unknown' },
  detail: '不知道这一篇在平台上的编号，请登录公众平台手工删除',
}
export const STILL_SENDING: Outcome = {
  ...{ kind: 'retry', code: 'still-sending', notBeforeMs: MINUTE_MS },
  detail: '平台还在审核或等管理员确认，稍后再删；管理员可在手机上直接拒绝',
}
export const UNKNOWN: Outcome = {
  ...{ kind: 'unsure', code: 'cannot-know' },
  detail: '平台没有办法按我方编号查询，请到公众平台后台核实',
}
export const DRAFT_THERE: Outcome = {
  ...{ kind: 'unsure', code: 'draft-there' },
  detail: '草稿仍在草稿箱，多半没有发出；请到公众平台后台核实后再决定',
}
export const NO_PREVIEW: Outcome = {
  ...{ kind: 'refused', scope: 'message', code: 'no-preview' },
  detail: '测试和推送的演练只发到自己的微信，请在渠道设置中填写 previewTo',
}
export const MASS_FAILED: Outcome = {
  ...{ kind: 'refused', scope: 'message', code: 'mass-failed' },
  detail: '这一次群发已失败（管理员未确认或审核未通过），请核实后重新签发',
}
export const TOO_LONG: Outcome = {
  ...{ kind: 'refused', scope: 'message', code: '45002' },
  detail: '正文连同图片地址超过公众号上限，请缩短后重新签发',
}
export const BUSY_UNSURE: Outcome = {
  ...{ kind: 'unsure', code: '-1' },
  detail: '平台繁忙，没有说清是否收下，请到公众平台后台核实',
}
