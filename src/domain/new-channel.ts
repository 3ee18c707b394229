/** 新渠道: what may be written of a channel that is not there yet. It names every wrong field at once. */

const ID = /^[a-z0-9-]{1,40}$/
const NAME_CHARACTERS_MAX = 40
export const ADDRESSINGS = ['place', 'group', 'recipient'] as const
/** Kinds of addresses that contacts have: a place of this name would publish to all of them. */
const KINDS_OF_CONTACTS: readonly string[] = [
  'phone',
  'mailbox',
  'wechat-group',
  'qq-group',
  'office',
]

export interface NewChannelFacts {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly addressing: (typeof ADDRESSINGS)[number]
  /** of a place its own id */
  readonly addressKind: string
}

export interface ChannelFault {
  readonly field: string
  readonly text: string
}

/** Empty when the channel can be. */
export function channelFaults(
  channel: {
    readonly [Field in keyof NewChannelFacts]: string
  },
): readonly ChannelFault[] {
  const { id, name, line, addressing, addressKind } = channel
  const faults: ChannelFault[] = []
  const refuse = (field: string, text: string) => faults.push({ field, text })
  if (!ID.test(id)) refuse('id', '渠道编号用小写字母、数字、短横，最多 40 字')
  const characters = [...name].length
  if (name.trim() === '' || characters > NAME_CHARACTERS_MAX || /\p{C}/u.test(name))
    refuse('name', `名称为 1 到 ${NAME_CHARACTERS_MAX} 字，不含控制字符`)
  if (!ID.test(line)) refuse('line', '条线编号用小写字母、数字、短横，如 sms')
  if (!ADDRESSINGS.some((one) => one === addressing))
    refuse('addressing', '对象写 place（公开位置）、group（群）或 recipient（收件人）')
  if (!ID.test(addressKind)) refuse('addressKind', '地址种类用小写字母、数字、短横，如 phone')
  else if (addressing === 'place' && addressKind !== id)
    refuse('addressKind', '公开位置的地址种类就是它自己的编号')
  if (addressing === 'place' && KINDS_OF_CONTACTS.includes(id))
    refuse('id', '这是联系人的地址种类，公开位置请另起编号')
  return faults
}
