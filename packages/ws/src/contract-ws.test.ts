import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { registerScheme } from '@vde-ts/schemes'
import { scratch } from '@vde-ts/schemes/testing.js'
import { listenerContract } from '@vde-ts/schemes/testing-listener.js'
import { schemes } from './index.ts'

for (const scheme of schemes) registerScheme(scheme)
const dir = scratch()
process.on('exit', () => { dir.remove() })
const secret = `"${dir.path}/secret"`
writeFileSync(`${dir.path}/secret`, randomBytes(32).toString('hex'), { mode: 0o600 })

listenerContract('ws with a token', {
  listener: () => `ws-listen://:0/lan[token=${secret}]`,
  client: (where) => `ws://${where.replace('0.0.0.0', 'localhost')}[token=${secret}]`
})
listenerContract('wss with a shared secret', {
  listener: () => `ws-listen://127.0.0.1:0/lan[psk=${secret}]`,
  client: (where) => `wss://${where}[psk=${secret}]`
})
