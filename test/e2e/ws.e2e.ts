/** wss:// between two hosts, and through a proxy that knows CONNECT only; ends that die. */
import assert from 'node:assert/strict'
import { B, HOST_NEEDS, asUser, endAll, exchange, hosts, meet, ours, run, test, type Scene } from './kit/index.ts'

const NEEDS = [...HOST_NEEDS, 'tun']
/** Serves one run of iperf3, when the server of the run before has ended. */
const SERVE = ['while ss -Hltn sport = 5201 | grep -q .; do sleep 0.05; done', 'iperf3 -s -1 -D',
  'for i in $(seq 100); do ss -Hltn sport = 5201 | grep -q . && break; sleep 0.05; done'].join('; ')
const OURS = ['vde_plug', 'vdens', 'vde_keygen']

/** An HTTP proxy: CONNECT, and a line for each. */
const PROXY = `
const { createServer } = require('node:http'), { connect } = require('node:net')
createServer((request, response) => response.writeHead(405).end()).on('connect', (request, socket) => {
  const [host, port] = request.url.split(':')
  const far = connect(Number(port), host, () => { socket.write('HTTP/1.1 200 OK\\r\\n\\r\\n'); socket.pipe(far).pipe(socket) })
  socket.on('close', () => far.destroy()).on('error', () => {})
  far.on('close', () => socket.destroySoon()).on('error', () => {})
  console.log('asked for ' + request.url)
}).listen(3128, '127.0.0.1', () => console.log('ready'))
`

const secret = async (scene: Scene): Promise<string> => {
  const file = `${scene.shared('keys')}/psk`
  const made = await scene.run(asUser([ours('vde_keygen'), '--psk', file]))
  assert.deepEqual(made.exit, { code: 0, signal: null }, made.story)
  return `psk='${file}'`
}

test('two namespaces through a proxy: pings and streams', { needs: [...NEEDS, 'iperf3'], ours: OURS, ms: 60_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const psk = await secret(scene)
  const proxy = a.start([process.execPath, '-e', PROXY])
  await proxy.says(/ready\n/)
  const server = b.shell([ours('vdens'), `ws-listen://:8443/lan[${psk}]`])
  await server.address('10.9.0.2/24')
  const client = a.shell([ours('vdens'), `restart://{wss://${B.v4}:8443/lan[${psk}]}`], { env: { HTTPS_PROXY: 'http://127.0.0.1:3128' } })
  await client.address('10.9.0.1/24')
  await client.ping('10.9.0.2')
  assert.match(await client.must('ip link show vde0'), / mtu 1500 /)
  for (const direction of ['', '-R']) {
    await server.must(SERVE)
    await client.must(`iperf3 -c 10.9.0.2 -t 1 ${direction} | grep receiver`, 20_000)
  }
  assert.match(proxy.out, new RegExp(`asked for ${B.v4}:8443\n`))
  await client.end()
  await server.end()
})

test('either end is killed, and restart:// has the cable again', { needs: NEEDS, ours: OURS, ms: 60_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const psk = await secret(scene)
  const listen = (): ReturnType<typeof b.plug> => b.plug([ours('vde_plug'), `ws-listen://:8443/lan[${psk}]`], 2)
  const call = (): ReturnType<typeof a.plug> => a.plug([ours('vde_plug'), `restart://{wss://${B.v4}:8443/lan[${psk}]}`], 1)
  let [server, client] = [listen(), call()]
  await meet(client, server)
  await exchange(client, server)
  await server.proc.stop('SIGKILL')
  server = listen()
  await meet(client, server)
  await client.proc.stop('SIGKILL')
  client = call()
  await meet(client, server)
  await exchange(client, server)
  await endAll(client, server)
})

run()
