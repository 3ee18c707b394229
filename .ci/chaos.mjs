/** Judges the report of a chaos run: the wanted trials ran, nothing was lost, nothing was doubled, and each
 *  wanted kind of trouble came. Usage: chaos.mjs REPORT.json TRIALS [kind …] */
import { readFileSync } from 'node:fs'

const [, , path = '', trials = '', ...kinds] = process.argv
const text = readFileSync(path, 'utf8')
console.log(text.trim())
const report = JSON.parse(text)
// A missing number is a fault like a wrong one: `undefined` must not pass for zero.
const sound = report.trials === Number(trials) && report.lost === 0 && report.doubled === 0
if (!sound) console.log(`expected ${trials} trials, 0 lost, 0 doubled`)
// What a machine does not let us do is said by the run itself, in one line each.
const skipped = (kind) => report.skipped?.some((line) => line.startsWith(`${kind}: skipped`))
const missing = kinds.filter((kind) => !report.kinds?.[kind] && !skipped(kind))
for (const line of report.skipped ?? []) console.log(`SKIPPED ${line}`)
if (missing.length > 0) console.log(`expected also: ${missing.join(', ')}`)
process.exitCode = sound && missing.length === 0 ? 0 : 1
