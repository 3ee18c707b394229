/** `duoling found`: makes the agency of a live installation; practice mode has its own from the start. */
import { defaultChannels } from '../../channels/defaults.ts'
import { STANDING_BROADCASTS } from '../../schedules/all.ts'
import { whyNotTogether } from '../domain/account.ts'
import { DEFAULT_CATEGORIES } from '../domain/category.ts'
import { describe } from '../domain/refusal.ts'
import type { Role } from '../domain/role.ts'
import { dayOf } from '../domain/year.ts'
import { PRACTICE_AUDIENCES } from '../simulator/practice.ts'
import { foundAgencyOnce } from '../store/founding.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { openInstallation } from './installation.ts'
import { readRoles } from './roles.ts'

const PEOPLE_EXAMPLE = '沈文书:drafter,operator;陆保密:secrecy-reviewer;钱局长:leader'

const NAME_MAX = 100
const SHORT_MAX = 30

export const found: Verb = {
  name: 'found',
  summary: '建立正式单位：名称、统一社会信用代码、人员和职责',
  usage: `--name 全称 --short 简称 --code 代码 --people '${PEOPLE_EXAMPLE}' [--json]`,
  options: { name: 'value', short: 'value', code: 'value', people: 'value' },
  async run({ values, json }) {
    const { name, short, code, people } = values
    if (!name || !short || !code || !people)
      throw new UsageFault(`用法：duoling found ${found.usage}`)
    if (!/^[0-9A-Z-]{4,20}$/.test(code))
      throw new UsageFault('--code 应为统一社会信用代码：4 到 20 位数字、大写字母或短横')
    const persons = readPeople(people)
    checkName('--name', name, NAME_MAX)
    checkName('--short', short, SHORT_MAX)
    const installation = await openInstallation({
      ...{ environment: process.env, cwd: process.cwd(), mayBeEmpty: true },
    })
    try {
      const { app, config, now } = installation
      if (config.mode === 'practice')
        throw new UsageFault(
          '现在是练习模式，练习单位已经建好；正式单位请先写好 duoling.config.json',
        )
      const made = await foundAgencyOnce(app.connection.db, app.keys, {
        ...{ creditCode: code, name, shortName: short, from: dayOf(now()), people: persons },
        categories: DEFAULT_CATEGORIES,
        channels: defaultChannels({
          ...(config.smtp ? { smtp: config.smtp } : {}),
          publicUrl: config.publicUrl,
        }),
        audiences: PRACTICE_AUDIENCES,
        schedules: STANDING_BROADCASTS.map((one) => one.id),
      })
      if (json) printJson({ agencyId: made.agencyId, people: Object.fromEntries(made.people) })
      else print(`已建立${name}（单位编号 ${made.agencyId}，${made.people.size} 人）。`)
      return EXIT.ok
    } finally {
      await installation.close()
    }
  },
}

function checkName(option: string, text: string, max: number): void {
  if (text.trim() === '' || [...text].length > max || /\p{Cc}/u.test(text))
    throw new UsageFault(`${option} 应为 1 到 ${max} 字，写成一行`)
}

/** `姓名:职责,职责;姓名:职责` */
function readPeople(text: string): readonly { name: string; roles: readonly Role[] }[] {
  const names = new Set<string>()
  return text.split(/[;；]/).map((part) => {
    const [name = '', roles = ''] = part.split(/[:：]/).map((piece) => piece.trim())
    const known = readRoles(roles)
    const apart = whyNotTogether(known)
    if (apart) throw new UsageFault(`“${name}”：${describe(apart)}`)
    if (name === '' || [...name].length > 60)
      throw new UsageFault(`--people 的写法：'${PEOPLE_EXAMPLE}'，姓名 1 到 60 字`)
    if (names.has(name))
      throw new UsageFault(`--people 里“${name}”写了两次，一人的几项职责请用逗号写在一起`)
    names.add(name)
    return { name, roles: known }
  })
}
