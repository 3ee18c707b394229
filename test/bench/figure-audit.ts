/** The verifier as `duoling audit verify` runs it. Prints seconds and peak memory. */
import { verifyAudit } from '../../src/store/audit/chain.ts'
import { connect } from '../../src/store/connect.ts'

const { url, count }: { url: string; count: number } = JSON.parse(process.argv[2] ?? '{}')
const { db, close } = connect(url)
const begun = performance.now()
const report = await verifyAudit(db)
const seconds = (performance.now() - begun) / 1000
if (!report.ok || report.rows !== count) throw new Error(JSON.stringify(report))
await close()
const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
console.log(JSON.stringify({ seconds, peakMb }))
