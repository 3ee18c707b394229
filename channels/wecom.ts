/** 企业微信: a group robot in each work group, or an app's message to members and departments; the setting
 *  `kind` chooses. What the platform's codes mean stands in `wecom/codes.ts`. */
import type { Adapter } from './channel.ts'
import { openApp } from './wecom/app.ts'
import { openRobots } from './wecom/robot.ts'
import { readWecomSettings } from './wecom/settings.ts'

const ADAPTER = 'wecom'

export const wecom: Adapter = {
  adapter: ADAPTER,
  create(given, tools) {
    const settings = readWecomSettings(ADAPTER, given)
    return settings.kind === 'robot'
      ? openRobots(ADAPTER, settings, tools)
      : openApp(ADAPTER, settings, tools)
  },
}
