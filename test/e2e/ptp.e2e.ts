/** `ptp://` with Debian's vdeplug at the other end: who is first, who leaves, who is killed. */
import assert from 'node:assert/strict'
import { PlugPipe, exchange, meet, namespace, ours, peer, run, test } from './kit/index.ts'

const NEEDS = ['vde_plug']
const OURS = ['vde_plug']
const plugs = { ours: ours('vde_plug'), C: peer('vde_plug') } as const

for (const [first, second] of [['ours', 'C'], ['C', 'ours'], ['ours', 'ours']] as const) {
  test(`ptp: ${first} first, ${second} second; each leaves and comes back`, { needs: NEEDS, ours: OURS }, async (scene) => {
    scene.leaves(/wire/) // the C end leaves its name behind when it is killed
    const vnl = `ptp://${scene.path('wire')}`
    let a = new PlugPipe(scene, [plugs[first], vnl], 1)
    await scene.exists(scene.path('wire'))
    let b = new PlugPipe(scene, [plugs[second], vnl], 2)
    await meet(a, b)
    await exchange(a, b, [60, 1514, 9000])
    await b.end()
    b = new PlugPipe(scene, [plugs[second], vnl], 3)
    await meet(a, b)
    await a.end()
    a = new PlugPipe(scene, [plugs[first], vnl], 4)
    await meet(a, b)
    // The C end looks for a free name by connecting, which the kernel refuses until the killed one was missed.
    if (second === 'C') return
    await b.proc.stop('SIGKILL')
    b = new PlugPipe(scene, [plugs[second], vnl], 5)
    await meet(a, b)
    await exchange(a, b, [60])
  })
}

test('ptp: two vdens, one of them the C one, ping', { needs: [...NEEDS, 'vdens', 'userns', 'tun', 'ping', 'ip'], ours: ['vdens'] }, async (scene) => {
  const vnl = `ptp://${scene.shared('home')}/wire`
  const a = namespace(scene, ours('vdens'), [vnl])
  const b = namespace(scene, peer('vdens'), [vnl])
  await a.address('10.99.3.1/24')
  await b.address('10.99.3.2/24')
  await a.ping('10.99.3.2')
  await b.ping('10.99.3.1')
  await b.proc.stop('SIGTERM')
  const c = namespace(scene, ours('vdens'), [vnl])
  await c.address('10.99.3.3/24')
  await a.ping('10.99.3.3')
  await c.end()
  await a.must('until ip link show vde0 | grep -q NO-CARRIER; do sleep 0.02; done')
})

test('ptp: super-frames of our vdens reach the C one as frames of the wire', {
  needs: [...NEEDS, 'vdens', 'userns', 'tun', 'ping', 'ip', 'socat', 'ethtool'], ours: ['vdens']
}, async (scene) => {
  scene.leaves(/wire/) // of the C end
  const home = scene.shared('home')
  const vnl = `ptp://${home}/wire`
  const a = namespace(scene, ours('vdens'), [vnl])
  const b = namespace(scene, peer('vdens'), [vnl])
  await a.address('10.99.3.1/24')
  await b.address('10.99.3.2/24')
  await a.ping('10.99.3.2')
  assert.match(await a.must('PATH=$PATH:/usr/sbin ethtool -k vde0'), /^tcp-segmentation-offload: on$/m)
  await a.must(`head -c 10000000 /dev/urandom >${home}/data`)
  await b.must(`socat -u TCP-LISTEN:7100 CREATE:${home}/got & echo $! >${home}/pid`)
  await a.must(`socat -u OPEN:${home}/data TCP:10.99.3.2:7100,retry=50,interval=0.1`, 20_000)
  await b.must(`while kill -0 $(cat ${home}/pid) 2>/dev/null; do sleep 0.02; done; cmp ${home}/data ${home}/got`, 20_000)
  await b.proc.stop('SIGTERM')
  await a.end()
})

test('ptp: a third one is refused', { needs: NEEDS, ours: OURS }, async (scene) => {
  const vnl = `ptp://${scene.path('wire')}`
  const a = new PlugPipe(scene, [plugs.ours, vnl], 1)
  await scene.exists(scene.path('wire'))
  const b = new PlugPipe(scene, [plugs.C, vnl], 2)
  await meet(a, b)
  for (const plug of Object.values(plugs)) {
    const third = await scene.run([plug, 'null://', vnl])
    assert.equal(third.exit?.code, 1)
    // The C library names what the kernel says when its trial connection is refused.
    assert.match(third.err, plug === plugs.C ? /vde_open ptp:.*Operation not permitted\n$/ : /vde_open ptp:.*Address already in use\n$/)
  }
})

run()
