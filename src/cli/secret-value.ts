/** The value of a secret as it comes in: from a pipe, or typed where nobody sees it. Never from the command line,
 *  which every user of the machine can read. */
import { SECRET_BYTES_MAX } from '../domain/secret.ts'
import { UsageFault } from './command.ts'

/** One line end at the end belongs to the pipe, not to the value.
 *  @throws UsageFault when it is longer than any secret, is no UTF-8, or was broken off */
export async function readSecretValue(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stderr,
): Promise<string> {
  return input.isTTY ? typed(input, output) : piped(input)
}

async function piped(input: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    const piece = Buffer.from(chunk)
    bytes += piece.length
    // Two more: a line end that is taken off again.
    if (bytes > SECRET_BYTES_MAX + 2)
      throw new UsageFault(`机密的值最多 ${SECRET_BYTES_MAX} 字节，请核对送进来的文件`)
    chunks.push(piece)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
    return text.replace(/\r?\n$/, '')
  } catch (cause) {
    throw new UsageFault('机密的值应为 UTF-8 文字，请核对送进来的文件', { cause })
  }
}

/** Ctrl-C and Ctrl-D */
const BROKEN_OFF: readonly number[] = [3, 4]
const ENTER: readonly number[] = [10, 13]
const ERASE: readonly number[] = [8, 127]

function typed(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Promise<string> {
  output.write('请输入机密的值（不显示，回车结束）：')
  input.setRawMode(true)
  input.setEncoding('utf8')
  input.resume()
  return new Promise((resolve, reject) => {
    let value = ''
    const end = () => {
      input.off('data', hear)
      input.setRawMode(false)
      input.pause()
      output.write('\n')
    }
    const hear = (text: string) => {
      for (const character of text) {
        const key = character.codePointAt(0) ?? 0
        if (BROKEN_OFF.includes(key)) {
          end()
          return reject(new UsageFault('没有输入完，机密没有改变'))
        }
        if (ENTER.includes(key)) {
          end()
          return resolve(value)
        }
        value = ERASE.includes(key) ? [...value].slice(0, -1).join('') : value + character
        if (value.length > SECRET_BYTES_MAX) {
          end()
          return reject(new UsageFault(`机密的值最多 ${SECRET_BYTES_MAX} 字节`))
        }
      }
    }
    input.on('data', hear)
  })
}
