/** 钉钉, and editions of it at another address: a group robot in each work group, or a work notification to
 *  people and departments; the setting `kind` chooses. Codes stand in `dingtalk/codes.ts`. */
import type { Adapter } from './channel.ts'
import { openRobots } from './dingtalk/robot.ts'
import { readDingtalkSettings } from './dingtalk/settings.ts'
import { openWork } from './dingtalk/work.ts'

const ADAPTER = 'dingtalk'

export const dingtalk: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readDingtalkSettings(ADAPTER, given)
    return settings.kind === 'robot'
      ? openRobots(ADAPTER, settings, tools)
      : openWork(ADAPTER, settings, tools)
  },
}
