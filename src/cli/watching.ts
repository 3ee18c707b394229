/** What a process that stays shows of itself: whether it is ready, and its numbers. */
import { healthRoutes } from '../http/health.ts'
import { answers } from '../store/gauges.ts'
import { missingMigrations } from '../store/migrate.ts'
import type { Installation } from './installation.ts'

/** Lanes are looked at each second; a look that is so old means that the engine stands still. */
const LOOK_MS_MAX = 15_000
const METRICS_SECRET = 'metrics'

export interface Standing {
  /** this process sends; false for one with faces only */
  readonly engine: boolean
  /** no face but these pages stands at the address */
  readonly own: boolean
  readonly stopping: AbortSignal
}

export function healthOf({ app, config }: Installation, standing: Standing) {
  return healthRoutes({
    whyNotReady: () => whyNotReady(app, standing),
    readMetrics: () => app.metrics.read(),
    metricsToken: config.secret(METRICS_SECRET),
    private: standing.own && /^(?:127\.[\d.]+|::1|localhost)$/.test(config.host),
  })
}

async function whyNotReady(app: Installation['app'], standing: Standing): Promise<string[]> {
  if (standing.stopping.aborted) return ['正在停止，不再接新的发送']
  const { db } = app.connection
  if (!(await answers(db))) return ['数据库没有应答，请检查数据库和网络']
  const reasons: string[] = []
  const missing = await missingMigrations(db).catch(() => [])
  if (missing.length > 0)
    reasons.push(`数据库结构还差 ${missing.length} 步升级，请重新启动服务完成升级`)
  const since = app.sinceLook()
  if (standing.engine && (since === undefined || since > LOOK_MS_MAX))
    reasons.push('发送队列超过 15 秒没有查看，请看 duoling.log')
  return reasons
}
