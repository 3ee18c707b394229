#!/usr/bin/env node
/** The `duoling` command: finds the verb and turns whatever happens into an exit code. */
import { amend } from './amend.ts'
import { archive } from './archive.ts'
import { attention } from './attention.ts'
import { audit } from './audit.ts'
import { backup } from './backup.ts'
import { channel } from './channel.ts'
import { check } from './check.ts'
import { clippings } from './clippings.ts'
import { calm, EXIT, explain, print, readRequest, type Verb } from './command.ts'
import { compose } from './compose.ts'
import { decide } from './decide.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { found } from './found.ts'
import { importVerb } from './import.ts'
import { key } from './key.ts'
import { lift } from './lift.ts'
import { release } from './release.ts'
import { restore } from './restore.ts'
import { returnVerb } from './return.ts'
import { review } from './review.ts'
import { schedule } from './schedule.ts'
import { secret } from './secret.ts'
import { serve } from './serve.ts'
import { sign } from './sign.ts'
import { status } from './status.ts'
import { stop } from './stop.ts'
import { submit } from './submit.ts'
import { tasks } from './tasks.ts'
import { totals } from './totals.ts'
import { user } from './user.ts'
import { verify } from './verify.ts'
import { webhook } from './webhook.ts'
import { wechaty } from './wechaty.ts'
import { why } from './why.ts'
import { withdraw } from './withdraw.ts'
import { worker } from './worker.ts'

/** In the order in which somebody meets them. */
const GROUPS: readonly { readonly name: string; readonly verbs: readonly Verb[] }[] = [
  {
    name: '开始',
    verbs: [serve, worker, wechaty, demo, found, user, key, webhook, secret, channel, doctor],
  },
  { name: '一条信息', verbs: [compose, check, submit, review, returnVerb, sign, status] },
  {
    name: '发出之后',
    verbs: [stop, amend, withdraw, lift, tasks, clippings, attention, why, decide, release],
  },
  { name: '名单、定时与统计', verbs: [importVerb, schedule, totals] },
  { name: '核对与备份', verbs: [verify, audit, backup, restore, archive] },
]
const VERBS: readonly Verb[] = GROUPS.flatMap((group) => group.verbs)

function help(): string {
  const width = Math.max(...VERBS.map((verb) => verb.name.length)) + 2
  const lines = GROUPS.flatMap(({ name, verbs }) => [
    `${name}：`,
    ...verbs.map((verb) => `  ${verb.name.padEnd(width)}${verb.summary}`),
    '',
  ])
  return [
    '铎铃 duoling：一次拟稿、审查、签发，各渠道分发，年底统计已在。',
    '',
    '用法：duoling <命令> [选项]，每个命令都可加 --json',
    '',
    ...lines,
    '某个命令的写法：duoling <命令> --help',
    '退出码：0 完成，1 有需要处理的问题，2 写法不对，3 环境不具备，4 按规定不能办理',
  ].join('\n')
}

async function main(argv: readonly string[]): Promise<number> {
  const [name = '--help', ...rest] = argv
  if (name === '--help' || name === 'help' || name === '-h') {
    print(help())
    return EXIT.ok
  }
  const verb = VERBS.find((candidate) => candidate.name === name)
  if (!verb) {
    process.stderr.write(`${calm(`没有“${name}”这个命令。`)}\n\n${help()}\n`)
    return EXIT.usage
  }
  if (rest.includes('--help')) {
    print(`${verb.summary}\n用法：duoling ${verb.name} ${verb.usage}`)
    return EXIT.ok
  }
  try {
    return await verb.run(readRequest(verb, rest))
  } catch (error) {
    return explain(error)
  }
}

// Whoever reads on in `head` or closes the pager has seen enough; the verb still ends in order.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await main(process.argv.slice(2))
