/** A Postfix of the test's own, where it is installed and may be started: it takes letters over STARTTLS on the
 *  loopback and hands each on to one port. Nothing of the machine's own mail is touched. */
import { execFile, execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { promisify } from 'node:util'

const POSTFIX = '/usr/sbin/postfix'
/** Postfix writes nowhere else but below /var. */
const LOG = `/var/log/duoling-test-${process.pid}.log`
const run = promisify(execFile)

/** Undefined where one can be started. */
export const WHY_NO_POSTFIX = !existsSync(POSTFIX)
  ? 'Postfix (Debian: postfix) is not installed'
  : process.getuid?.() !== 0
    ? 'Postfix can be started by root only'
    : undefined

export interface Postfix {
  readonly port: number
  /** lets this process trust its certificate; answers how to end that */
  trust(): () => void
  stop(): Promise<void>
}

/** What a relay needs; the names are Postfix's own. */
const SERVICES = [
  ...['pickup unix n - n 60 1 pickup', 'cleanup unix n - n - 0 cleanup'],
  ...['qmgr unix n - n 300 1 qmgr', 'tlsmgr unix - - n 1000? 1 tlsmgr'],
  ...['rewrite unix - - n - - trivial-rewrite', 'bounce unix - - n - 0 bounce'],
  ...['defer unix - - n - 0 bounce', 'trace unix - - n - 0 bounce', 'verify unix - - n - 1 verify'],
  ...['flush unix n - n 1000? 0 flush', 'smtp unix - - n - - smtp', 'error unix - - n - - error'],
  ...['retry unix - - n - - error', 'anvil unix - - n - 1 anvil', 'scache unix - - n - 1 scache'],
  'postlog unix-dgram n - n - 1 postlogd',
]

/** @param to the port on the loopback that everything is handed on to */
export async function startPostfix(to: number): Promise<Postfix> {
  const folder = await mkdtemp(join(tmpdir(), 'duoling-postfix-'))
  await chmod(folder, 0o755)
  const [configuration, data] = [join(folder, 'conf'), join(folder, 'data')]
  for (const one of [configuration, data, join(folder, 'queue')]) await mkdir(one)
  execFileSync('chown', ['postfix', data])
  const certificate = join(folder, 'certificate.pem')
  const key = join(folder, 'key.pem')
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ])
  const port = await freePort()
  const settings = {
    ...{ compatibility_level: '3.6', queue_directory: join(folder, 'queue'), data_directory: data },
    ...{ mail_owner: 'postfix', setgid_group: 'postdrop', myhostname: 'relay.example.test' },
    ...{ inet_interfaces: '127.0.0.1', inet_protocols: 'ipv4', mydestination: '' },
    // No map and no name is looked up: neither service stands behind this one.
    ...{ local_recipient_maps: '', alias_maps: '', smtpd_peername_lookup: 'no' },
    ...{ mynetworks: '127.0.0.0/8', smtpd_relay_restrictions: 'permit_mynetworks, reject' },
    ...{ relayhost: `[127.0.0.1]:${to}`, maillog_file: LOG },
    ...{ smtpd_tls_security_level: 'encrypt', smtpd_tls_received_header: 'yes' },
    ...{ smtpd_tls_cert_file: certificate, smtpd_tls_key_file: key },
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  await writeFile(join(configuration, 'main.cf'), `${lines.join('\n')}\n`)
  const services = [`127.0.0.1:${port} inet n - n - - smtpd`, ...SERVICES]
  await writeFile(join(configuration, 'master.cf'), `${services.join('\n')}\n`)
  await run(POSTFIX, ['-c', configuration, 'start'])
  const pem = await readFile(certificate, 'utf8')
  return {
    port,
    trust() {
      const before = getCACertificates('default')
      setDefaultCACertificates([...before, pem])
      return () => setDefaultCACertificates(before)
    },
    async stop() {
      await run(POSTFIX, ['-c', configuration, 'stop'])
      await rm(folder, { recursive: true, force: true })
      await rm(LOG, { force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
