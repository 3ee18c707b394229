/** Reads a table somebody names on the command line; refuses what is no file or far too large. */
import { readFile, stat } from 'node:fs/promises'
import { EnvironmentFault, errorCode } from '../kit/environment-fault.ts'
import { UsageFault } from './command.ts'

/** What is far over the limit is not even read; what is just over it the door refuses in its own words. */
export async function readTableFile(file: string, bytesMax: number): Promise<Uint8Array> {
  try {
    const facts = await stat(file)
    // A pipe or a device may never end.
    if (!facts.isFile()) throw new UsageFault(`${file} 不是文件，请写表格文件的路径`)
    const { size } = facts
    if (size > 4 * bytesMax)
      throw new UsageFault(`文件有 ${size} 字节，上限 ${bytesMax} 字节，请拆分后导入`)
    return await readFile(file)
  } catch (error) {
    if (error instanceof UsageFault) throw error
    throw new EnvironmentFault(
      {
        what: `读不到这个文件（${errorCode(error) ?? '未知原因'}）`,
        where: file,
        next: '请核对路径和读取权限，再运行一次',
      },
      { cause: error },
    )
  }
}
