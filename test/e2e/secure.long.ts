/** secure:// across a renewal of its keys: nothing is lost, and somebody on the way sees that there was one. */
import assert from 'node:assert/strict'
import { B, HOST_NEEDS, UdpRelay, asUser, hosts, ours, run, test } from './kit/index.ts'

const SECONDS = 130

test('pings over two minutes, in which keys are renewed: none is lost', { needs: [...HOST_NEEDS, 'tun'], ours: ['vdens', 'vde_keygen'], ms: 200_000 }, async (scene) => {
  const [a, b] = await hosts(scene)
  const file = `${scene.shared('keys')}/psk`
  await scene.run(asUser([ours('vde_keygen'), '--psk', file]))
  const relay = await UdpRelay.open(a, 7001, B.v4, 7000)
  const server = b.shell([ours('vdens'), `secure-listen://:7000[psk='${file}']`])
  const client = a.shell([ours('vdens'), `secure://127.0.0.1:7001[psk='${file}']`])
  await server.address('10.9.0.2/24')
  await client.address('10.9.0.1/24')
  await client.ping('10.9.0.2')
  const before = await relay.tell('initiations')
  const out = await client.must(`ping -q -i 0.01 -w ${SECONDS} 10.9.0.2`, (SECONDS + 20) * 1000)
  const found = /(\d+) packets transmitted, (\d+) received/.exec(out)
  assert.ok(found !== null && Number(found[1]) > SECONDS * 50, out)
  // The last one may still be under way.
  assert.ok(Number(found[1]) - Number(found[2]) <= 1, out)
  assert.equal(await relay.tell('initiations') - before, 1)
  await client.end()
  await server.end()
})

run()
