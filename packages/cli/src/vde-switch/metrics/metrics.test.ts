import { mkdtempSync, readFileSync, rmSync, statSync, existsSync } from 'node:fs'
import { get, request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { give, makeSwitch, plug } from '@vde-ts/switch/testing.js'
import { readMetricsAddress } from './address.ts'
import { makeScrape, serveMetrics } from './server.ts'
import { METRICS } from './table.ts'

const address = suite('readMetricsAddress')

for (const [text, wanted] of [
  ['9100', { host: '127.0.0.1', port: 9100 }], ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }], ['[::1]:9100', { host: '::1', port: 9100 }],
  ['/run/m', { path: '/run/m' }], ['./m', { path: join(process.cwd(), 'm') }]
] as const) {
  address(text, () => { assert.equal(readMetricsAddress(text), wanted) })
}

for (const text of ['', 'm', '65536', 'localhost:80', '::1:80', '[127.0.0.1]:80', '[::1]', '127.0.0.1:', ':80', '1.2.3:80']) {
  address(`${text} is refused`, () => { assert.throws(() => readMetricsAddress(text), /--metrics/) })
}

address.run()

const metrics = suite('metrics')
const lag = (): { p50: number, p99: number, max: number } => ({ p50: 0.001, p99: 0.002, max: 0.003 })
const FRAME = 'ffffffffffff 020000000001 88b5 00'

metrics('every metric of the table is there, and counts what the switch counted', async () => {
  const sw = makeSwitch()
  const a = plug(sw)
  plug(sw)
  give(a.endpoint, FRAME)
  give(a.endpoint, '00')
  const { text } = await makeScrape({ sw, uptimeSec: () => 7, lag })()
  for (const { name, help, type } of METRICS) assert.match(text, `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
  for (const line of [
    'vde_port_frames_total{port="1",direction="in"} 1', 'vde_port_frames_total{port="2",direction="out"} 1',
    'vde_port_bytes_total{port="1",direction="in"} 15', 'vde_port_drops_total{port="1",reason="runt"} 1',
    'vde_port_up{port="2"} 1', 'vde_port_endpoints{port="2"} 1', 'vde_table_addresses 1', 'vde_uptime_seconds 7',
    'vde_loop_lag_seconds{quantile="0.99"} 0.002'
  ]) assert.match(text, `\n${line}\n`)
})

metrics('the spanning tree: state, transitions, root; nothing while there is none', async () => {
  const sw = makeSwitch()
  plug(sw)
  plug(sw, 2, { module: 'tap attached' })
  const scrape = makeScrape({ sw, uptimeSec: () => 7, lag })
  assert.not.match((await scrape()).text, /vde_stp_port_state\{/)
  sw.tree.setEnabled(true)
  for (const line of [
    'vde_stp_port_state{port="1",vlan="0"} 0', 'vde_stp_port_state{port="2",vlan="0"} 2', 'vde_stp_port_blocked{port="1",vlan="0"} 0',
    'vde_stp_port_forward_transitions_total{port="2",vlan="0"} 1', 'vde_stp_port_topology_changes_total{port="1",vlan="0"} 0', 'vde_stp_root{vlan="0"} 1'
  ]) assert.match((await scrape()).text, `\n${line}\n`)
})

metrics('a second look tells totals, not sums of looks, and no ports that are gone', async () => {
  const sw = makeSwitch()
  const a = plug(sw)
  give(a.endpoint, FRAME)
  const scrape = makeScrape({ sw, uptimeSec: () => 0, lag })
  await scrape()
  assert.match((await scrape()).text, 'vde_port_frames_total{port="1",direction="in"} 1\n')
  a.endpoint.close()
  sw.removePort(1)
  assert.not.match((await scrape()).text, 'port="1"')
})

metrics('names and units are as Prometheus wants them, and the man page has them all', () => {
  const page = readFileSync(new URL('../../../../../man/man1/vde_switch.1', import.meta.url), 'utf8')
  for (const { name, type } of METRICS) {
    assert.match(name, /^vde_[a-z_]+$/)
    assert.is(name.endsWith('_total'), type === 'counter', name)
    assert.match(page, name)
  }
})

const ask = async (path: string, socketPath: string, method = 'GET'): Promise<{ readonly status: number, readonly text: string }> =>
  await new Promise((resolve, reject) => {
    const done = (response: IncomingMessage): void => {
      let text = ''
      response.on('data', (chunk) => { text += chunk })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, text }) })
    }
    const call = method === 'GET' ? get({ path, socketPath }, done) : request({ path, socketPath, method }, done).end()
    call.on('error', reject)
  })

metrics('a unix socket: for its owner, GET /metrics only, gone at the end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'vde-metrics-'))
  const path = join(dir, 'm')
  const server = await serveMetrics(makeSwitch(), () => 0, { path })
  try {
    assert.is(statSync(path).mode & 0o777, 0o600)
    const whole = await ask('/metrics', path)
    assert.is(whole.status, 200)
    assert.match(whole.text, 'vde_uptime_seconds 0')
    assert.equal(await ask('/', path), { status: 404, text: 'The metrics are at /metrics\n' })
    assert.is((await ask('/metrics', path, 'POST')).status, 405)
    assert.equal(await ask('/metrics', path, 'HEAD'), { status: 200, text: '' })
    const second = await serveMetrics(makeSwitch(), () => 0, { path }).catch((error: unknown) => error) as NodeJS.ErrnoException
    assert.is(second.code, 'EADDRINUSE')
  } finally {
    server.close()
  }
  assert.not.ok(existsSync(path))
  rmSync(dir, { recursive: true })
})

metrics('a TCP port that is taken is named', async () => {
  const first = await serveMetrics(makeSwitch(), () => 0, { host: '127.0.0.1', port: 39_917 })
  const second = await serveMetrics(makeSwitch(), () => 0, { host: '127.0.0.1', port: 39_917 }).catch((error: unknown) => error) as NodeJS.ErrnoException
  first.close()
  assert.is(second.code, 'EADDRINUSE')
  assert.match(second.message, '127.0.0.1 port 39917')
})

metrics.run()
