#!/usr/bin/env node
/** The `duoling` command: finds the verb and turns whatever happens into an exit code. */
import { EXIT, explain, print, readRequest, type Verb } from './command.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { found } from './found.ts'
import { importVerb } from './import.ts'
import { release } from './release.ts'
import { serve } from './serve.ts'
import { stop } from './stop.ts'
import { tasks } from './tasks.ts'
import { totals } from './totals.ts'
import { verify } from './verify.ts'

const VERBS: readonly Verb[] = [
  ...[serve, demo, found, importVerb, totals, tasks, stop, verify, doctor, release],
]

function help(): string {
  const width = Math.max(...VERBS.map((verb) => verb.name.length)) + 2
  const lines = VERBS.map((verb) => `  ${verb.name.padEnd(width)}${verb.summary}`)
  return [
    '铎铃 duoling：一次拟稿、审查、签发，各渠道分发，年底统计已在。',
    '',
    '用法：duoling <命令> [选项]，每个命令都可加 --json',
    '',
    ...lines,
    '',
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
    process.stderr.write(`没有“${name}”这个命令。\n\n${help()}\n`)
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

process.exitCode = await main(process.argv.slice(2))
