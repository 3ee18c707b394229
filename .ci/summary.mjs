/** Prints what a run came to and, as its last line, `N passed, N failed, N skipped`; ends non-zero
 *  unless everything ran and passed. Usage: summary.mjs VITEST.json [failed step …] */
import { existsSync, readFileSync } from 'node:fs'

const TEST_STEP = 'npm test'
const [, , path = '', ...steps] = process.argv

const report = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : { testResults: [] }
const cases = report.testResults.flatMap((file) =>
  file.assertionResults.map(({ fullName, status }) => ({ file: file.name, fullName, status })),
)
const passed = cases.filter(({ status }) => status === 'passed')
const failed = cases.filter(({ status }) => status === 'failed')
const skipped = cases.filter(({ status }) => status !== 'passed' && status !== 'failed')
// A file that does not even load has no cases; it must not look like one that passed.
const unloaded = report.testResults.filter(
  (file) =>
    file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed'),
)

const faults = [
  ...failed.map(({ file, fullName }) => `test: ${file}: ${fullName}`),
  ...unloaded.map(({ name, message }) => `test file: ${name}: ${message ?? ''}`.trim()),
]
// The test step failed on account of those tests; it counts itself only when they do not show why.
const others = steps.filter((step) => step !== TEST_STEP || faults.length === 0)
faults.push(...others.map((step) => `step: ${step}`))
if (passed.length === 0 && faults.length === 0) faults.push('no test ran')

console.log('')
for (const fault of faults) console.log(`FAILED ${fault}`)
for (const { file, fullName } of skipped) console.log(`SKIPPED ${file}: ${fullName}`)
if (skipped.length > 0)
  console.log('Here every part is installed, so nothing may be skipped: this run does not pass.')
console.log(`${passed.length} passed, ${faults.length} failed, ${skipped.length} skipped`)
process.exitCode = faults.length + skipped.length === 0 ? 0 : 1
