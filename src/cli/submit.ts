/** `duoling submit`: hands a text in; `--answer` says one sentence to everything the checks still ask. */
import { handIn } from '../hub/hand-in.ts'
import { submit as submitBulletin } from '../hub/submit.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { bulletinOf, hashOf, ORDER_OPTIONS, ORDER_USAGE, ordersOf } from './walk/typed.ts'

export const submit: Verb = {
  name: 'submit',
  summary: '送审：交出检查过的稿件和拟发渠道',
  usage: `信息编号 ${ORDER_USAGE} [--answer 对检查问题的说明] ${AS_USAGE} [--json]`,
  words: 1,
  options: { answer: 'value', hash: 'value', agency: 'value', ...ORDER_OPTIONS, ...AS_OPTION },
  run(request) {
    const bulletinId = bulletinOf(request, `submit ${submit.usage}`)
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId } = personOnly(await actorOf(request, installation))
      const orders = await ordersOf(installation, request)
      const { answer } = request.values
      const given = {
        ...{ agencyId, bulletinId, submittedBy: personId, at: now() },
        seenHash: await hashOf(installation, bulletinId, request),
        ...(orders ? { orders } : {}),
      }
      const submitted = await (answer === undefined
        ? submitBulletin(app.hub, given)
        : handIn(app.hub, { ...given, answer }))
      if (request.json) printJson({ bulletin: bulletinId, ...submitted })
      else
        print(
          `信息 ${bulletinId} 第 ${submitted.revision} 稿已送审。下一步：${submitted.nextStep}，${submitted.dueOn} 前`,
        )
      return EXIT.ok
    })
  },
}
