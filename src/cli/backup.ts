/** `duoling backup`: a whole copy into a new folder while the hub goes on working. The keys stay out. */
import { resolve } from 'node:path'
import { blobFolder } from '../app.ts'
import { makeBackup } from '../store/backup/make.ts'
import { EXIT, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'

export const backup: Verb = {
  name: 'backup',
  summary: '备份数据库和附件到一个新文件夹（服务可以照常运行）',
  usage: '文件夹 [--json]',
  words: 1,
  options: { agency: 'value' },
  run(request) {
    const [given = ''] = request.words
    if (given.trim() === '') throw new UsageFault(`用法：duoling backup ${backup.usage}`)
    const folder = resolve(given)
    return withInstallation(request, async ({ app, config, ownerUrl, now }) => {
      const { keyring } = app.parts
      const { tables, blobs, madeAt } = await makeBackup({
        ...{ ownerUrl, keyring, folder, at: now() },
        blobFolder: blobFolder(config.dataFolder),
      })
      const rows = tables.reduce((sum, table) => sum + table.rows, 0)
      if (request.json)
        printJson({ folder, madeAt, tables: tables.length, rows, blobs: blobs.length })
      else
        print(
          [
            `已备份到 ${folder}：${tables.length} 张表 ${rows} 行，附件 ${blobs.length} 个。`,
            `密钥不在其中：请另外保管 ${keyring.path}，没有它这份备份打不开。`,
            `演练恢复：duoling restore ${folder} --verify`,
          ].join('\n'),
        )
      return EXIT.ok
    })
  },
}
