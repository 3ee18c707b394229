/** Stops an npm script with one clear message when it would run under a Node that is too old. */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const NODE_MAJOR_MIN = 24
const EXIT_ENVIRONMENT = 3

const [major] = process.versions.node.split('.').map(Number)
if (major < NODE_MAJOR_MIN) {
  const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url))
  const [next, nextInEnglish] = existsSync(own)
    ? ['请用 npm start、npm test 这样的命令启动，npm 会用随附的 Node', 'start it through npm']
    : [
        '请先运行 npm ci（不要加 --omit=optional 或 --ignore-scripts），Node 24 会随之装好',
        'run `npm ci` first, with optional packages and allowed install scripts: it brings Node 24',
      ]
  console.error(
    [
      `铎铃需要 Node ${NODE_MAJOR_MIN} 或更新的版本，现在是 ${process.version}（${process.execPath}）。`,
      `下一步：${next}。`,
      '如果 npm ci 之后仍然如此：检查 npm config get ignore-scripts 与 omit；' +
        '内网源要能取到 node 和 node-<系统>-<架构> 两个包；或自行安装 Node 24。',
      `Duoling needs Node ${NODE_MAJOR_MIN} or newer, this is ${process.version}: ${nextInEnglish}.`,
    ].join('\n'),
  )
  process.exit(EXIT_ENVIRONMENT)
}
