/** A road's settings as they stand in a file: one JSON object, bounded before it is read. */
import type { Canonical } from '../domain/canonical.ts'
import { placesIn, privateAddressesOf } from '../kit/reach.ts'
import { UsageFault } from './command.ts'
import type { Installation } from './installation.ts'
import { readTableFile } from './table-file.ts'

const SETTINGS_BYTES_MAX = 200_000

/** @throws UsageFault naming the file */
export async function readSettings(file: string): Promise<Canonical> {
  const bytes = await readTableFile(file, SETTINGS_BYTES_MAX)
  try {
    const read: Canonical = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
  }
  throw new UsageFault(`${file} 不是一个 JSON 对象，请核对（UTF-8）`)
}

/** The practice mail leads to the simulator and nowhere else. */
export function notInPractice({ config }: Installation, adapter: string): void {
  if (config.mode === 'practice' && adapter === 'email')
    throw new UsageFault('练习模式的邮件只发往本机的模拟端，不能改；正式库里再设置')
}

/** One line more where settings lead into the bureau's own network: whoever set them should have meant it. */
export async function privateNote(settings: Canonical): Promise<string> {
  const places = placesIn(settings)
  const found = await Promise.all(places.map(privateAddressesOf))
  const names = places
    .filter((_, index) => (found[index] ?? []).length > 0)
    .map(({ host, port }) => `${host}:${port}`)
  return names.length === 0 ? '' : `\n其中 ${names.join('、')} 是内网地址，请确认是本单位的网关。`
}
