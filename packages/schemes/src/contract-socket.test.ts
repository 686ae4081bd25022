/** The contract for links over sockets of which one side listens: each side in each role of the suite. */
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { program, scratch } from './testing.ts'
import { listenerContract, type ListenerNames } from './testing-listener.ts'

const keys = scratch()
process.on('exit', () => { keys.remove() })

const secret = `${keys.path}/psk`
writeFileSync(secret, '0123456789abcdef0123456789abcdef\n')
chmodSync(secret, 0o600)

const hasCertificate = program('openssl') !== null && spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
  'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
  '-keyout', `${keys.path}/key`, '-out', `${keys.path}/cert`]).status === 0
if (!hasCertificate) console.log('skipped: tcp:// with certificates, because openssl is not installed')

const media: Array<readonly [name: string, names: ListenerNames]> = [
  ['stream', { listener: (dir) => `stream-listen://${dir}/s`, client: (where) => `stream://${where}` }],
  ['tcp', { listener: () => 'tcp-listen://:0', client: (where) => `tcp://${where}` }],
  ['tcp over IPv6', { listener: () => 'tcp-listen://::1:0', client: (where) => `tcp://${where}` }],
  ['tcp with psk', { listener: () => `tcp-listen://127.0.0.1:0[psk='${secret}']`, client: (where) => `tcp://${where}[psk=${secret.replaceAll('/', '%2f')}]` }]
]
if (hasCertificate) {
  media.push(['tcp with a certificate', {
    listener: () => `tcp-listen://127.0.0.1:0[tls/cert='${keys.path}/cert'/key='${keys.path}/key']`,
    client: (where) => `tcp://${where.replace('127.0.0.1', 'localhost')}[ca='${keys.path}/cert']`
  }])
}

for (const [name, names] of media) listenerContract(name, names)
