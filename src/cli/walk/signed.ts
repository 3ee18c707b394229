/** What a signature set going, line by line. */
import type { Act } from '../../domain/signature.ts'
import type { Signed } from '../../hub/sign.ts'
import { print } from '../command.ts'

const ACT_NAMES: Readonly<Record<Act, string>> = {
  publish: '发布',
  amend: '更正',
  withdraw: '撤下',
  notify: '发送',
  resend: '补发',
}

export function printSigned({ manifest }: Signed): void {
  for (const { channelId, act, reach } of manifest.dispatches)
    print(`  ${channelId}  ${ACT_NAMES[act]}  ${reach} 个对象`)
}
