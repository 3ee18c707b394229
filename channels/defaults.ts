/** Which channels a new installation has. Each can be posted by hand, so that it exists and counts from
 *  the first day; limits marked 待核 are editable data until the platform's document confirms them. */

export interface DefaultRoad {
  readonly id: string
  readonly adapter: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** A channel in the shape in which an agency is founded with it. */
export interface DefaultChannel {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: 'place' | 'group' | 'recipient'
  /** a place has a kind of its own: its one address is itself */
  readonly addressKind: string
  readonly position: number
  /** in the order in which they are tried */
  readonly roads: readonly DefaultRoad[]
}

/** The mail server of the installation's configuration. */
export interface SmtpChoice {
  readonly host: string
  readonly port: number
  /** TLS from the first byte */
  readonly secure: boolean
  readonly user?: string | undefined
  readonly passwordSecret?: string | undefined
  /** `name <mailbox>` or a mailbox */
  readonly from: string
}

export interface DefaultChoices {
  readonly smtp?: SmtpChoice
  /** public address of this installation: letters then carry a link to be taken off the list */
  readonly publicUrl?: string | undefined
}

interface FormField {
  readonly label: string
  readonly content: string
  readonly charactersMax?: number
}

interface Row {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: DefaultChannel['addressing']
  readonly addressKind: string
  readonly form: readonly FormField[]
  readonly links: boolean
}

/** 条线, with their names for reports. */
export const LINES: Readonly<Record<string, string>> = {
  'disclosure-portal': '政府信息公开平台',
  'service-network': '浙江政务服务网',
  'wechat-official': '微信公众号',
  press: '新闻媒体',
  onsite: '公示栏',
  sms: '短信平台',
  'wechat-group': '微信群',
  'qq-group': 'QQ群',
  office: '机关协同办公系统',
  email: '电子邮件',
  voice: '语音电话',
}

const TITLE: FormField = { label: '标题', content: 'title' }
const TEXT: FormField = { label: '正文', content: 'text' }
const ATTACHMENTS: FormField = { label: '附件', content: 'attachments' }
const SOURCE: FormField = { label: '来源', content: 'source' }

const PORTAL_FORM: readonly FormField[] = [
  TITLE,
  { label: '文号', content: 'document-number' },
  { label: '成文日期', content: 'formed-on' },
  { label: '责任部门', content: 'section' },
  { label: '栏目', content: 'category' },
  TEXT,
  ATTACHMENTS,
]
/** 图文消息: the limits of the platform's own editor page; the interface draft/add is stricter (32). 待核 */
const OFFICIAL_FORM: readonly FormField[] = [
  { ...TITLE, charactersMax: 64 },
  { label: '摘要', content: 'summary', charactersMax: 128 },
  { ...TEXT, charactersMax: 20_000 },
]
const PRESS_FORM: readonly FormField[] = [TITLE, TEXT, SOURCE]
const MESSAGE_FORM: readonly FormField[] = [TITLE, TEXT]

function place(id: string, name: string, line: string, form: readonly FormField[]): Row {
  return { id, name, line, addressing: 'place', addressKind: id, form, links: line !== 'onsite' }
}

function group(id: string, name: string, charactersMax: number): Row {
  const form = [TITLE, { ...TEXT, charactersMax }]
  return { id, name, line: id, addressing: 'group', addressKind: id, form, links: true }
}

function toRecipients(id: string, name: string, addressKind: string, links: boolean): Row {
  const form = MESSAGE_FORM
  return { id, name, line: id, addressing: 'recipient', addressKind, form, links }
}

const ROWS: readonly Row[] = [
  place('disclosure-portal', '政府信息公开平台', 'disclosure-portal', PORTAL_FORM),
  place('service-network', '浙江政务服务网', 'service-network', PORTAL_FORM),
  place('wechat-official', '微信公众号', 'wechat-official', OFFICIAL_FORM),
  place('press-tv', '电视', 'press', PRESS_FORM),
  place('press-radio', '广播', 'press', PRESS_FORM),
  place('press-newspaper', '报刊', 'press', PRESS_FORM),
  place('press-magazine', '杂志', 'press', PRESS_FORM),
  place('onsite', '公示栏', 'onsite', [TITLE, TEXT, ATTACHMENTS]),
  toRecipients('sms', '短信平台', 'phone', false),
  // 待核: how much one message of a group holds.
  group('wechat-group', '微信群', 10_000),
  group('qq-group', 'QQ群', 4_500),
  group('office', '机关协同办公系统', 20_000),
  toRecipients('email', '电子邮件', 'mailbox', true),
  toRecipients('voice', '语音电话', 'phone', false),
]

export function defaultChannels(choices: DefaultChoices = {}): readonly DefaultChannel[] {
  return ROWS.map((row, index) => ({
    id: row.id,
    name: row.name,
    line: row.line,
    addressing: row.addressing,
    addressKind: row.addressKind,
    position: index + 1,
    roads: roadsOf(row, choices),
  }))
}

function roadsOf(row: Row, { smtp, publicUrl }: DefaultChoices): readonly DefaultRoad[] {
  const hand: DefaultRoad = {
    id: 'by-hand',
    adapter: 'by-hand',
    settings: { addressing: row.addressing, fields: row.form, links: row.links },
  }
  if (row.id === 'disclosure-portal')
    return [{ id: 'portal', adapter: 'disclosure-portal', settings: {} }, hand]
  // A letter by hand to each of a thousand mailboxes is no fallback: a mail road stands alone.
  if (row.id === 'email' && smtp)
    return [{ id: 'smtp', adapter: 'email', settings: emailSettings(smtp, publicUrl) }]
  return [hand]
}

const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/** Whoever logs in does so encrypted; otherwise encryption is used where the server offers it. */
function securityOf({ secure, user, host }: SmtpChoice): string {
  if (LOOPBACK.includes(host) && !secure) return 'none'
  if (secure) return 'tls'
  return user === undefined ? 'offered' : 'starttls'
}

function emailSettings(
  smtp: SmtpChoice,
  publicUrl: string | undefined,
): Readonly<Record<string, unknown>> {
  const [, name = '', mailbox = smtp.from] = /^(.*)<([^<>]+)>\s*$/.exec(smtp.from) ?? []
  const fromName = name.replaceAll('"', '').trim()
  return {
    host: smtp.host,
    port: smtp.port,
    security: securityOf(smtp),
    from: mailbox.trim(),
    ...(publicUrl === undefined ? {} : { unsubscribeBase: publicUrl }),
    ...(fromName === '' ? {} : { fromName }),
    ...(smtp.user === undefined ? {} : { user: smtp.user }),
    ...(smtp.passwordSecret === undefined ? {} : { passwordSecret: smtp.passwordSecret }),
  }
}
