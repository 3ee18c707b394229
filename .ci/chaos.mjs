/** Judges the report of a chaos run: the wanted trials ran, nothing was lost, nothing was doubled.
 *  Usage: chaos.mjs REPORT.json TRIALS */
import { readFileSync } from 'node:fs'

const [, , path = '', trials = ''] = process.argv
const text = readFileSync(path, 'utf8')
console.log(text.trim())
const report = JSON.parse(text)
// A missing number is a fault like a wrong one: `undefined` must not pass for zero.
const sound = report.trials === Number(trials) && report.lost === 0 && report.doubled === 0
if (!sound) console.log(`expected ${trials} trials, 0 lost, 0 doubled`)
process.exitCode = sound ? 0 : 1
