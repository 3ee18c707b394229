/** `duoling compose`: a text file becomes a bulletin with its checks run and its channels noted. */
import { LEVELS, type Level, MODES, type Mode } from '../domain/bulletin.ts'
import { compose as composeBulletin } from '../hub/compose.ts'
import { plan } from '../hub/submit.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { withInstallation } from './installation.ts'
import { openFindings, printFindings } from './walk/findings.ts'
import { readTextFile } from './walk/text-file.ts'
import { ORDER_OPTIONS, ORDER_USAGE, ordersOf } from './walk/typed.ts'

export const compose: Verb = {
  name: 'compose',
  summary: '拟稿：从 Markdown 或 Word 文件建立一条信息，并立即检查',
  usage: `文件.md --category 事项 ${ORDER_USAGE} [--level 级别] [--mode earnest|exercise|test] [--title 标题] ${AS_USAGE} [--json]`,
  words: 1,
  options: {
    ...{ category: 'value', level: 'value', mode: 'value', title: 'value', agency: 'value' },
    ...ORDER_OPTIONS,
    ...AS_OPTION,
  },
  async run(request) {
    const [path] = request.words
    const { category: categoryId, title } = request.values
    if (path === undefined || categoryId === undefined)
      throw new UsageFault(`用法：duoling compose ${compose.usage}`)
    const level = oneOf(request, 'level', LEVELS, 'routine')
    const mode = oneOf(request, 'mode', MODES, 'earnest')
    const { content, problems } = await readTextFile(path, title)
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const author = personOnly(await actorOf(request, installation))
      const orders = await ordersOf(installation, request)
      const made = await composeBulletin(app.hub, {
        ...{ agencyId, authorId: author.personId, at: now(), categoryId, mode, level, content },
      })
      const { bulletinId, revision, hash, findings } = made
      if (orders)
        await plan(app.hub, { agencyId, bulletinId, by: author.personId, at: now(), orders })
      if (request.json) printJson({ bulletin: bulletinId, revision, hash, findings, problems })
      else {
        print(`已建立信息 ${bulletinId}，第 ${revision} 稿，校验值 ${hash.slice(0, 16)}`)
        for (const problem of problems) print(`  未带入  ${problem}`)
        printFindings(findings)
        print(
          openFindings(findings).length === 0
            ? `接下来：duoling submit ${bulletinId}`
            : '请先处理上面的问题，再送审',
        )
      }
      return EXIT.ok
    })
  },
}

function oneOf<T extends Level | Mode>(
  { values }: VerbRequest,
  name: string,
  known: readonly T[],
  fallback: T,
): T {
  const given = values[name]
  if (given === undefined) return fallback
  const found = known.find((one) => one === given)
  if (found === undefined) throw new UsageFault(`--${name} 可写：${known.join('、')}`)
  return found
}
