/** 首次打开: what was set up, whether it works, and what to do next. Behind a link only the terminal and
 *  the data folder tell; it shows no number and no key. */
import { Hono } from 'hono'
import { type Part, simplePage } from './simple-page.ts'

export interface FirstRunFacts {
  readonly agency: string
  readonly practice: boolean
  readonly dataFolder: string
  readonly database: string
  readonly portalUrl: string
  readonly people: readonly {
    readonly name: string
    readonly roles: readonly string[]
    readonly login?: string
    /** only in practice mode, and only until it is changed */
    readonly password?: string
  }[]
  readonly channels: readonly { readonly name: string; readonly road: string }[]
}

export interface FirstRunSettings {
  readonly token: string
  facts(): Promise<FirstRunFacts>
}

export function firstRunRoutes(settings: FirstRunSettings): Hono {
  const routes = new Hono()
  routes.get('/first-run/:token', async (c) => {
    // The token is 24 random bytes: a comparison's duration tells nobody enough of it.
    if (c.req.param('token') !== settings.token)
      return simplePage('链接已失效', ['每次启动都有新的链接，请看启动时终端里打印的那一行。'], 404)
    return simplePage('铎铃已就绪', partsOf(await settings.facts()))
  })
  return routes
}

function partsOf(facts: FirstRunFacts): readonly Part[] {
  return [
    facts.practice
      ? '现在是练习模式：所有渠道都连着本机的模拟端，不会有任何信息真正发出；练习库也永远不能转为正式库。'
      : '现在是正式模式：签发之后会真正发出。',
    {
      facts: [
        ['单位', facts.agency],
        ['公开页面', facts.portalUrl],
        ['数据所在', facts.dataFolder],
        ['数据库', facts.database],
      ],
    },
    { heading: '人员' },
    { facts: facts.people.map((person) => [person.name, personText(person)] as const) },
    ...(facts.people.some((person) => person.password !== undefined)
      ? ['以上密码只用于练习；本人改过密码后不再显示。忘记密码：duoling user reset 登录名']
      : []),
    { heading: '渠道和通路' },
    { facts: facts.channels.map(({ name, road }) => [name, road] as const) },
    { heading: '接下来' },
    '看一条预警和一条曝光怎样走完审查、签发、分发和统计：',
    { code: 'npm run demo' },
    '把往年手工发布的信息补录进来，先检查再导入：',
    { code: 'npx --no-install duoling import postings 台账.csv --check' },
    '看某一年的统计：',
    { code: 'npx --no-install duoling totals --year 2018' },
  ]
}

function personText({ roles, login, password }: FirstRunFacts['people'][number]): string {
  const duties = [roles.join('、'), ...(login === undefined ? [] : [`登录名 ${login}`])].join('，')
  return password === undefined ? duties : `${duties}\n密码 ${password}`
}
