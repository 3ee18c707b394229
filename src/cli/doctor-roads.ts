/** What `duoling doctor` says of each road: its standing, what its platform answers, the days its certificates
 *  are still good. All roads are asked at once and each within its time, so that none waits for a platform that
 *  hangs; what they answer is shown without secrets and numbers. */
import { maskNumbers } from '../domain/masking.ts'
import { minuteOf } from '../domain/year.ts'
import type { BreakerStanding } from '../hub/ports/breakers.ts'
import { within } from '../kit/background.ts'
import { CLOSED_HOST, placesIn, privateAddressesOf } from '../kit/reach.ts'
import { RESTORED } from '../store/backup/load.ts'
import { roadsOnFile } from '../store/registry.ts'
import { CERTIFICATE_DAYS_MIN, httpsHosts, lookAtCertificate } from './doctor-certificate.ts'
import type { Installation } from './installation.ts'

/** What of an installation is looked at. */
type Looked = Pick<Installation, 'agencyId' | 'now'> & {
  readonly app: Pick<Installation['app'], 'hub' | 'connection' | 'roads'> &
    Partial<Pick<Installation['app'], 'mayReach'>>
  readonly config: Pick<Installation['config'], 'mode' | 'secret'>
}

export interface Check {
  /** stable, for programs */
  readonly id: string
  readonly name: string
  readonly level: 'ok' | 'warning' | 'bad'
  readonly detail: string
  /** what to do; only where something is to be done */
  readonly fix?: string
}

/** Longer than the slowest adapter asks its platform. */
const ANSWER_MS_MAX = 20_000
const CERTIFICATE_MS_MAX = 5_000
const DETAIL_CHARACTERS_MAX = 500
const NAMES_OF_SECRETS_MAX = 500

interface Place {
  readonly channelId: string
  readonly roadId: string
  readonly name: string
  readonly heldReason: string | null
  readonly settings: unknown
  readonly standing: BreakerStanding | undefined
}

export async function roadChecks(
  installation: Looked,
  answerMsMax = ANSWER_MS_MAX,
): Promise<readonly Check[]> {
  const places = await placesOf(installation)
  return Promise.all(places.map((place) => checkOf(installation, place, answerMsMax)))
}

async function placesOf({ app, agencyId }: Looked): Promise<readonly Place[]> {
  const { store } = app.hub
  const onFile = await roadsOnFile(app.connection.db, agencyId)
  const breakers = new Map(
    (await store.breakers.standings(agencyId)).map((one) => [
      `${one.channelId}.${one.roadId}`,
      one,
    ]),
  )
  return Promise.all(
    onFile.map(async ({ channelId, channelName, roadId, heldReason }) => {
      const rows = await app.roads.rows(agencyId, channelId)
      const settings = rows.find((one) => one.roadId === roadId)?.settings
      const standing = breakers.get(`${channelId}.${roadId}`)
      const name = `${channelName}（${roadId}）`
      return { channelId, roadId, name, heldReason, settings, standing }
    }),
  )
}

async function checkOf(installation: Looked, place: Place, answerMsMax: number): Promise<Check> {
  const { channelId, roadId, name, heldReason, standing } = place
  const { app, agencyId } = installation
  const base = { id: `${channelId}.${roadId}`, name }
  const hide = hider(installation, place.settings)
  const fault = await app.hub.outside.whyNotOpen(agencyId, channelId, roadId)
  if (fault !== undefined && heldReason === null) {
    const fix = '改好这条通路的设置或密钥，再运行一次 doctor；在此之前由其他通路承担'
    return { ...base, level: 'bad', detail: hide(`设置有误：${fault}`), fix }
  }
  const [answer, certificates, network] = await Promise.all([
    fault === undefined
      ? answerOf(installation, place, answerMsMax)
      : badAnswer(`设置有误：${fault}`),
    certificatesOf(installation, place.settings),
    networkOf(installation, place.settings),
  ])
  const parts = [answer.detail, ...certificates.texts, ...network.texts]
  const said = hide(parts.filter((one) => one !== '').join('；'))
  if (heldReason !== null) {
    const fix = `查明原因后放行：duoling release ${channelId} ${roadId} --as 登录名`
    return { ...base, level: 'bad', detail: `${hide(heldText(heldReason))}；现在：${said}`, fix }
  }
  const detail = standing ? `${said}；${hide(breakerText(standing))}` : said
  if (network.closed)
    return { ...base, level: 'bad', detail, fix: `改好这条通路的地址。${CLOSED_HOST}` }
  if (answer.level === 'bad' || certificates.level === 'bad') {
    const fix = '核对这个渠道的设置和网络，再运行一次 doctor'
    return { ...base, level: 'bad', detail, fix }
  }
  if (standing?.breaker?.openUntil !== undefined) {
    const fix = '查看平台和网络；能连通后自动逐步恢复，不用人工放行'
    return { ...base, level: 'warning', detail, fix }
  }
  if (certificates.level === 'warning') {
    const fix = '请平台在到期前换证书，过期后这条通路发不出'
    return { ...base, level: 'warning', detail, fix }
  }
  if (answer.level === 'ok') return { ...base, level: 'ok', detail }
  return { ...base, level: 'warning', detail, fix: '核对这个渠道的设置和网络，再运行一次 doctor' }
}

type Answer = Pick<Check, 'level' | 'detail'>

function badAnswer(detail: string): Answer {
  return { level: 'bad', detail }
}

async function answerOf(
  { app, agencyId }: Looked,
  { channelId, roadId }: Place,
  answerMsMax: number,
): Promise<Answer> {
  const road = await app.hub.outside.road(agencyId, channelId, roadId)
  if (!road) return { level: 'warning', detail: '这个程序没有它的适配器，没有检查' }
  let answer = badAnswer(`${Math.round(answerMsMax / 1_000)} 秒内没有答复`)
  const asked = road.channel.health().then(
    ({ state, detail }) => {
      answer = { level: state === 'ok' ? 'ok' : state === 'degraded' ? 'warning' : 'bad', detail }
    },
    // Adapters answer; one that throws is a fault of its own, and its words may hold anything.
    () => {
      answer = badAnswer('适配器在检查时出错')
    },
  )
  await within(answerMsMax, asked)
  return answer
}

async function certificatesOf({ config, now }: Looked, settings: unknown) {
  // The practice reaches nothing but this machine.
  const hosts = config.mode === 'practice' ? [] : httpsHosts(settings)
  const looks = await Promise.all(
    hosts.map((host) => lookAtCertificate(host, { now: now(), timeoutMs: CERTIFICATE_MS_MAX })),
  )
  const past = looks.some((look) => 'days' in look && look.days < 0)
  const soon = looks.some((look) => 'problem' in look || look.days < CERTIFICATE_DAYS_MIN)
  const level: Check['level'] = past ? 'bad' : soon ? 'warning' : 'ok'
  const texts = looks.map((look) => {
    if ('problem' in look) return `${look.host} 的证书没有看到或不可信（${look.problem}）`
    return look.days < 0 ? `${look.host} 的证书已过期` : `${look.host} 的证书还有 ${look.days} 天`
  })
  return { level, texts }
}

/** A gateway in the bureau's own network is named, so that somebody knows it; what may not be reached is a fault. */
async function networkOf({ app, config }: Looked, settings: unknown) {
  const texts: string[] = []
  let closed = false
  for (const place of config.mode === 'practice' ? [] : placesIn(settings))
    for (const address of await privateAddressesOf(place)) {
      const open = app.mayReach?.(address, place.port) ?? true
      closed ||= !open
      const shown = address === place.host ? address : `${place.host}（${address}）`
      texts.push(open ? `${shown} 是内网地址` : `${shown} 端口 ${place.port} 不允许连接`)
    }
  return { texts, closed }
}

/** Leaves out the value of every secret the settings name, and numbers of persons. */
function hider({ config }: Looked, settings: unknown): (text: string) => string {
  const secrets: string[] = []
  let level: readonly unknown[] = [settings]
  for (let looked = 0; level.length > 0 && looked < NAMES_OF_SECRETS_MAX; looked += level.length) {
    for (const one of level) {
      const value = typeof one === 'string' && one !== '' ? config.secret(one) : undefined
      if (value !== undefined && value !== '') secrets.push(value, encodeURIComponent(value))
    }
    level = level.flatMap((one) => (typeof one === 'object' && one ? Object.values(one) : []))
  }
  return (text) => {
    const bare = secrets.reduce((kept, secret) => kept.replaceAll(secret, '＊＊＊'), text)
    return maskNumbers(bare.replace(/\p{Cc}+/gu, ' ').slice(0, DETAIL_CHARACTERS_MAX))
  }
}

/** The last change of a road's breaker, with its reason. */
function breakerText({ breaker, last }: BreakerStanding): string {
  const at = minuteOf(last.at)
  if (last.state === 'held') return `${at} 账号被拒（${last.reason}）`
  if (breaker?.openUntil === undefined) return `最近一次熔断于 ${at} 恢复`
  if (last.state === 'open') return `连续失败，${at} 起熔断（${last.reason}），过后每次只试一个调用`
  const why = last.reason === 'released' ? '已放行' : '平台有答复'
  return `熔断后正在恢复，${at} 起同时最多 ${last.callsMax ?? 1} 个调用（${why}）`
}

function heldText(reason: string): string {
  if (reason === RESTORED) return '从备份恢复后停用，等人核对各平台实际发出的内容'
  return `账号被拒，已停用：${reason}`
}
