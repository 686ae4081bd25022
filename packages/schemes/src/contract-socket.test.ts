/** The contract for links over sockets of which one side listens: each side in each role of the suite. */
import { spawnSync } from 'node:child_process'
import { chmodSync, writeFileSync } from 'node:fs'
import { linkContract, type ContractOptions } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { quietSink } from '@vde-ts/link/testing.js'
import { openVnl } from './registry.ts'
import { program, scratch, sinkOfOpening } from './testing.ts'

const keys = scratch()
process.on('exit', () => { keys.remove() })

const secret = `${keys.path}/psk`
writeFileSync(secret, '0123456789abcdef0123456789abcdef\n')
chmodSync(secret, 0o600)

const hasCertificate = program('openssl') !== null && spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
  'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
  '-keyout', `${keys.path}/key`, '-out', `${keys.path}/cert`]).status === 0
if (!hasCertificate) console.log('skipped: tcp:// with certificates, because openssl is not installed')

/** VNLs of who listens and who connects; `where` is what the listener's label tells. */
interface Names { readonly listener: (dir: string) => string, readonly client: (where: string) => string }

const media: Array<readonly [name: string, names: Names]> = [
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

for (const [name, names] of media) {
  let vnl = ''
  let clientSink: FrameSink = quietSink
  let cleanup = (): void => {}

  const makePair = async (listening: FrameSink, connecting: FrameSink): Promise<readonly [Link, Link]> => {
    const dir = scratch()
    cleanup = dir.remove
    clientSink = connecting
    const near = sinkOfOpening(listening)
    const a = await openVnl(names.listener(dir.path), near.sink)
    vnl = names.client(a.label.replace(/^[a-z-]+:\/\//, ''))
    const far = sinkOfOpening(connecting)
    const b = await openVnl(vnl, far.sink)
    await near.opened
    if (b.isUp === false) await far.opened
    return [a, b]
  }

  const options: ContractOptions = { cleanup: () => { cleanup() } }
  linkContract(`${name}, who listens to who connects`, makePair, {
    ...options,
    cut: async ([, b]) => { b.close() },
    restore: async () => {
      const again = await openVnl(vnl, sinkOfOpening(clientSink).sink).catch(() => null)
      if (again === null) return // the listener is closed already
      again.resume()
      const former = cleanup
      cleanup = () => {
        again.close()
        former()
      }
    }
  })
  linkContract(`${name}, who connects to who listens`, async (left, right) => {
    const [a, b] = await makePair(right, left)
    return [b, a]
  }, { ...options, seesClose: false })
}
