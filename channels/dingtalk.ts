/** 钉钉, and the government's edition 专有钉钉 (浙政钉): a group robot in each work group, or a work notification to
 *  people and departments; the setting `kind` chooses. Codes stand in `dingtalk/codes.ts`. */
import type { Adapter } from './channel.ts'
import { openGovernment } from './dingtalk/government.ts'
import { openRobots } from './dingtalk/robot.ts'
import { readDingtalkSettings } from './dingtalk/settings.ts'
import { openWork } from './dingtalk/work.ts'

const ADAPTER = 'dingtalk'

export const dingtalk: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readDingtalkSettings(ADAPTER, given)
    switch (settings.kind) {
      case 'robot':
        return openRobots(ADAPTER, settings, tools)
      case 'work':
        return openWork(ADAPTER, settings, tools)
      case 'government':
        return openGovernment(ADAPTER, settings, tools)
    }
  },
}
