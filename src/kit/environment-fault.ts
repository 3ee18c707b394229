/** What is wrong around the program rather than in it: a folder, a port, a server, a key file.
 *  One message a person can act on; never a secret in it. */

export interface FaultText {
  /** what is wrong, one sentence */
  readonly what: string
  /** the file, folder, address or variable it is about */
  readonly where?: string
  /** what the reader does next */
  readonly next: string
}

export class EnvironmentFault extends Error {
  readonly what: string
  readonly where: string | undefined
  readonly next: string

  constructor(text: FaultText, options?: ErrorOptions) {
    const where = text.where === undefined ? '' : `\n位置：${text.where}`
    super(`${text.what}${where}\n下一步：${text.next}`, options)
    this.name = 'EnvironmentFault'
    this.what = text.what
    this.where = text.where
    this.next = text.next
  }
}

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}

const NEXT_BY_CODE: Readonly<Record<string, readonly [what: string, next: string]>> = {
  EACCES: [
    '没有权限写这个位置',
    '把它的属主改为运行本程序的用户，或用 DUOLING_DATA 另选数据文件夹',
  ],
  EPERM: ['没有权限写这个位置', '把它的属主改为运行本程序的用户，或用 DUOLING_DATA 另选数据文件夹'],
  EROFS: ['这个位置在只读的磁盘上', '用 DUOLING_DATA 另选一个可写的数据文件夹'],
  ENOSPC: ['磁盘没有剩余空间', '清出空间后重新启动；已签发的内容没有丢失'],
  EDQUOT: ['磁盘配额已用完', '请管理员增加配额，或清出空间后重新启动'],
  ENOTDIR: ['路径中有一段不是文件夹', '检查 DUOLING_DATA 的写法，或移开同名的文件'],
  EEXIST: [
    '这个位置已有同名的文件，不是文件夹',
    '移开同名的文件，或用 DUOLING_DATA 另选数据文件夹',
  ],
  ENOENT: ['这个位置不存在，也无法建立', '检查 DUOLING_DATA 的写法'],
  ENAMETOOLONG: ['路径太长', '用 DUOLING_DATA 另选一个较短的路径'],
}

/** The error of a file operation as a fault; an error nobody foresaw keeps its code in the text. */
export function fileFault(error: unknown, where: string): EnvironmentFault {
  if (error instanceof EnvironmentFault) return error
  const code = errorCode(error)
  const [what, next] = NEXT_BY_CODE[code ?? ''] ?? [
    `无法读写这个位置（${code ?? (error instanceof Error ? error.message : '原因不明')}）`,
    '检查磁盘和权限，或用 DUOLING_DATA 另选数据文件夹',
  ]
  return new EnvironmentFault({ what, where, next }, { cause: error })
}
