/** `duoling why`: why one contact, number or mailbox did not receive a bulletin, or when it did. */
import { minuteOf } from '../domain/year.ts'
import type { WhyWho } from '../hub/ports/why.ts'
import { why as whyNot } from '../hub/why.ts'
import { EXIT, print, printJson, UsageFault, type Verb, type VerbRequest } from './command.ts'
import { withInstallation } from './installation.ts'
import { table } from './table.ts'

const ID = /^[1-9]\d{0,14}$/

export const why: Verb = {
  name: 'why',
  summary: '某个联系人、号码或邮箱为什么没有收到一条信息，或何时收到',
  usage:
    '--bulletin 信息编号 --contact 联系人编号|--phone 号码|--mailbox 邮箱 [--agency 编号] [--json]',
  options: {
    ...{ bulletin: 'value', contact: 'value', phone: 'value', mailbox: 'value', agency: 'value' },
  },
  run(request) {
    const { bulletin = '' } = request.values
    const who = whoOf(request)
    if (!ID.test(bulletin) || !who) throw new UsageFault(`用法：duoling why ${why.usage}`)
    return withInstallation(request, async ({ app, agencyId, now }) => {
      const ask = { agencyId, bulletinId: Number(bulletin), who, at: now() }
      const found = await whyNot(app.hub, ask)
      if (request.json) printJson(found)
      else {
        print(`信息 ${found.bulletinId}《${found.title}》`)
        const rows = found.answers.map((one) => [
          ...[one.channelName ?? '', one.address ?? '', one.text],
          one.since === undefined ? '' : minuteOf(one.since),
        ])
        print(table(['渠道', '地址', '原因', '自'], rows))
      }
      return EXIT.ok
    })
  },
}

function whoOf({ values }: VerbRequest): WhyWho | undefined {
  const { contact, phone, mailbox } = values
  const given = [contact, phone, mailbox].filter((one) => one !== undefined)
  if (given.length !== 1) return undefined
  if (contact !== undefined) return ID.test(contact) ? { contactId: Number(contact) } : undefined
  if (phone !== undefined) return { kind: 'phone', value: phone }
  return mailbox === undefined ? undefined : { kind: 'mailbox', value: mailbox }
}
