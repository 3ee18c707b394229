/** Every bench by its name. */
import { audit1m } from './audit-1m.ts'
import { carrierLines } from './carrier-lines.ts'
import { curve } from './curve.ts'
import { fanoutBatch1m, fanoutHttp100k } from './fanout.ts'
import { fanout100k } from './fanout-100k.ts'
import { isolation } from './isolation.ts'
import { latencyIdle, latencyRedBehindBulk } from './latency.ts'
import { limits } from './limits.ts'
import { mail20k } from './mail-20k.ts'
import type { BenchOptions } from './options.ts'
import { portal } from './portal.ts'
import { processes } from './processes.ts'
import { receipts } from './receipts.ts'
import type { Report } from './report.ts'
import { totals10m } from './totals.ts'

export interface Bench {
  readonly says: string
  run(options: BenchOptions): Promise<Report>
}

export const BENCHES: Readonly<Record<string, Bench>> = {
  'fanout-batch-1m': {
    says: '1,000,000 recipients, a thousand a call, against the same calls and writes without the hub',
    run: fanoutBatch1m,
  },
  'fanout-http-100k': {
    says: '100,000 recipients, one call each, against the same without the hub, bare undici, and peers',
    run: fanoutHttp100k,
  },
  'mail-20k': { says: '20,000 mails against the bare pool of nodemailer', run: mail20k },
  'latency-idle': {
    says: 'signature to first call, places and 10,000 addresses, against a transaction and a call',
    run: latencyIdle,
  },
  'latency-red-behind-bulk': {
    says: 'a red warning on eight channels behind 100,000 queued, against nothing queued',
    run: latencyRedBehindBulk,
  },
  isolation: {
    says: 'seven channels beside one that refuses, hangs or answers garbage, against eight well',
    run: isolation,
  },
  processes: {
    says: 'one, two and four processes at 50 ms latency, against what their connections can carry',
    run: processes,
  },
  limits: {
    says: 'three processes under one limit a minute: never one too many, and how little goes unused',
    run: limits,
  },
  'totals-10m': {
    says: "a year's totals over 10,000,000 deliveries against two bare statements; why one was missed",
    run: totals10m,
  },
  portal: {
    says: "a page and its 304, against node's own server with the same bytes",
    run: portal,
  },
  curve: {
    says: 'a recipient from 10,000 to 1,000,000, and the engine as the log grows to 10,000,000 rows',
    run: curve,
  },
  receipts: {
    says: '20,000 receipts through the callbacks, kept and compared, against the same rows in bare SQL',
    run: receipts,
  },
  'fanout-100k': { says: '100,000 deliveries to a null sink against bare SQL', run: fanout100k },
  'carrier-lines': {
    says: 'submissions a second over one SMPP and one CMPP line, against bare frames over a socket',
    run: carrierLines,
  },
  'audit-1m': {
    says: '1,000,000 rows of the audit walked against reading and hashing',
    run: audit1m,
  },
}
