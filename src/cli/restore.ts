/** `duoling restore`: into an empty installation, or with --verify a rehearsal beside the real one. After a
 *  restore every road rests until a person lets it go on. */
import { access, copyFile, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { blobFolder } from '../app.ts'
import { type Config, readConfig } from '../config.ts'
import { hmacProver } from '../hub/proof.ts'
import { EnvironmentFault } from '../kit/environment-fault.ts'
import { type Keyring, openKeyring } from '../kit/keyring.ts'
import { createLog } from '../kit/log.ts'
import { loadBackup } from '../store/backup/load.ts'
import { type BackupManifest, keyIdsOf, readManifest } from '../store/backup/manifest.ts'
import { type Rehearsal, rehearse } from '../store/backup/rehearse.ts'
import { ensureHubLogin } from '../store/login.ts'
import { openServer } from '../store/open.ts'
import { EXIT, type Exit, print, printJson, UsageFault, type Verb } from './command.ts'
import { withInstallation } from './installation.ts'

export const restore: Verb = {
  name: 'restore',
  summary: '从备份恢复到空的安装；--verify 只演练，不动现有数据',
  usage: '文件夹 [--verify] [--json]',
  words: 1,
  options: { verify: 'flag', agency: 'value' },
  async run(request) {
    const [given = ''] = request.words
    if (given.trim() === '') throw new UsageFault(`用法：duoling restore ${restore.usage}`)
    const folder = resolve(given)
    const manifest = await readManifest(folder)
    if (!request.flags['verify']) return restoreHere(folder, manifest, request.json)
    return withInstallation(request, async ({ app, ownerUrl }) => {
      const { keyring } = app.parts
      checkKeys(manifest, keyring)
      const prover = hmacProver(keyring.proof.id, keyring.proof.bytes)
      const report = await rehearse({ ownerUrl, folder, manifest, prover })
      if (request.json) printJson(report)
      else print(sentence(report))
      return report.ok ? EXIT.ok : EXIT.findings
    })
  },
}

async function restoreHere(folder: string, manifest: BackupManifest, json: boolean): Promise<Exit> {
  const config = readConfig(process.env, { cwd: process.cwd() })
  checkMode(manifest, config)
  await mustHaveKeys(config.dataFolder)
  const keyring = await openKeyring(config.dataFolder)
  checkKeys(manifest, keyring)
  const log = createLog({ to: join(config.dataFolder, 'duoling.log') })
  const server = await openServer({ config, log })
  try {
    await loadBackup(server.ownerUrl, folder, manifest)
    await ensureHubLogin(server.ownerUrl, keyring.hubLogin)
    for (const { path } of manifest.blobs) {
      const target = join(blobFolder(config.dataFolder), path)
      await mkdir(dirname(target), { recursive: true, mode: 0o700 })
      await copyFile(join(folder, 'blobs', path), target)
    }
  } finally {
    await server.stop()
  }
  const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0)
  if (json) printJson({ folder, madeAt: manifest.madeAt, rows, blobs: manifest.blobs.length })
  else
    print(
      [
        `已恢复 ${manifest.madeAt} 的备份：${rows} 行，附件 ${manifest.blobs.length} 个。`,
        '所有通路都已停用：备份之后可能已经发出过的内容，不会自动再发。',
        '请先核对各平台实际发出的内容，再逐条放行：duoling doctor 查看，duoling release 渠道 通路 --as 运维员的登录名。',
      ].join('\n'),
    )
  return EXIT.ok
}

function checkMode({ kind }: BackupManifest, config: Config): void {
  if (kind === config.mode) return
  throw new EnvironmentFault({
    what: `备份来自${kind === 'practice' ? '练习' : '正式'}库，现在的配置是${config.mode === 'practice' ? '练习' : '正式'}模式`,
    next: '练习数据不能转为正式数据：核对 duoling.config.json 的 mode，或换一份备份',
  })
}

async function mustHaveKeys(dataFolder: string): Promise<void> {
  const path = join(dataFolder, 'keys.json')
  const there = await access(path).then(
    () => true,
    () => false,
  )
  if (there) return
  throw new EnvironmentFault({
    what: '数据文件夹里还没有密钥文件，没有它备份里的内容打不开',
    where: path,
    next: '把另外保管的 keys.json 放到这里，再恢复',
  })
}

function checkKeys(manifest: BackupManifest, keyring: Keyring): void {
  const here = keyIdsOf(keyring)
  if (manifest.keyIds.every((id) => here.includes(id))) return
  throw new EnvironmentFault({
    what: '这里的密钥不是做这份备份时的密钥',
    where: keyring.path,
    next: '放回与备份同一套的 keys.json，再运行一次',
  })
}

function sentence(report: Rehearsal): string {
  const { audit, proofs, blobs } = report
  return [
    report.ok ? '演练恢复成功，现有数据没有改动。' : '演练恢复发现问题，现有数据没有改动：',
    `  表 ${report.tables} 张，${report.rows} 行；单位 ${report.agencies} 个`,
    `  审计链：${audit.ok ? `完整，${audit.rows} 条` : `不完整，第 ${audit.firstBad?.number} 条`}`,
    `  签发凭证：${proofs.good} 个有效，${proofs.bad} 个无效`,
    `  日志与统计：差异 ${report.drift}`,
    `  附件：${blobs.good} 个完好，${blobs.bad} 个损坏或缺失`,
  ].join('\n')
}
