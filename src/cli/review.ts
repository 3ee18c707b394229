/** `duoling review`: the secrecy opinion, or the approval of another step of the chain. */
import { STEP_NAMES, STEPS, type Step } from '../domain/chain.ts'
import { OPINION_NAMES, type Opinion } from '../domain/review.ts'
import { review as reviewBulletin } from '../hub/review.ts'
import { AS_OPTION, AS_USAGE, actorOf, personOnly } from './actor.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'
import { bulletinOf, hashOf } from './walk/typed.ts'

/** Short words for a command line. */
const OPINION_WORDS: Readonly<Record<string, Opinion>> = {
  publish: 'public',
  cut: 'public-after-cuts',
  'on-request': 'on-application',
  withhold: 'withheld',
  refer: 'referred',
  agree: 'agreed',
}

export const review: Verb = {
  name: 'review',
  summary: '审查：保密审查意见，或审签链上其他环节的同意',
  usage: `信息编号 --opinion publish|cut|on-request|withhold|refer|agree [--step 环节] [--note 意见] [--authority 报请的部门] [--hash 校验值] ${AS_USAGE} [--json]`,
  words: 1,
  options: {
    ...{ opinion: 'value', step: 'value', note: 'value', authority: 'value', hash: 'value' },
    ...{ agency: 'value', ...AS_OPTION },
  },
  run(request) {
    const bulletinId = bulletinOf(request, `review ${review.usage}`)
    const { note, authority } = request.values
    const opinion = OPINION_WORDS[request.values['opinion'] ?? '']
    if (opinion === undefined)
      throw new UsageFault(
        `--opinion 可写：${Object.entries(OPINION_WORDS)
          .map(([word, meaning]) => `${word}（${OPINION_NAMES[meaning]}）`)
          .join('、')}`,
      )
    const step = stepOf(request.values['step'] ?? 'secrecy-review')
    return withInstallation(request, async (installation) => {
      const { app, agencyId, now } = installation
      const { personId: reviewerId } = personOnly(await actorOf(request, installation))
      const seenHash = await hashOf(installation, bulletinId, request)
      await reviewBulletin(app.hub, {
        ...{ agencyId, bulletinId, reviewerId, at: now(), step, seenHash, opinion },
        ...(note === undefined ? {} : { note }),
        ...(authority === undefined ? {} : { authority }),
      })
      if (request.json) printJson({ bulletin: bulletinId, hash: seenHash, step, opinion })
      else print(`信息 ${bulletinId} ${STEP_NAMES[step]}：${OPINION_NAMES[opinion]}`)
      return EXIT.ok
    })
  },
}

function stepOf(word: string): Step {
  const found = STEPS.find((one) => one === word || STEP_NAMES[one] === word)
  if (found) return found
  const list = STEPS.map((one) => `${one}（${STEP_NAMES[one]}）`).join('、')
  throw new UsageFault(`没有“${word}”这个环节，可写：${list}`)
}
