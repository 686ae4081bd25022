/** Firewall rules of a declared network, by an ordinary user. */
import assert from 'node:assert/strict'
import { LAB_NEEDS, LabUser, run, test, waitFor } from './kit/index.ts'

const OURS = ['vdenet']

const two = (a: string, more = ''): string => `vdenet: 1
nets: { lan: }
nodes:
  a: { if: { eth0: { net: lan, ip: [ 10.0.0.1/24, 10.0.1.1/24 ], ${a} } } }
  b: { if: { eth0: { net: lan, ip: [ 10.0.0.2/24, 10.0.0.3/24, 10.0.0.4/24, 10.0.1.2/24 ] } } }
${more}`

test('the firewall scenario of LSDN: source of a network, source of a station, destination', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  await user.must('apply', user.file('fw.yaml', two(`rules: [
    { dir: in, prio: 1, do: drop, srcIp: 10.0.1.0/24 },
    { dir: in, prio: 2, do: drop, srcIp: 10.0.0.2 },
    { dir: out, prio: 2, do: drop, dstIp: 10.0.0.3 } ]`)))
  const ping = async (to: string): Promise<boolean> => (await user.run(['exec', 'a', 'ping', '-c1', '-W1', to])).exit?.code === 0
  assert.equal(await ping('10.0.0.4'), true)
  assert.equal(await ping('10.0.0.2'), false)
  assert.equal(await ping('10.0.0.3'), false)
  assert.equal(await ping('10.0.1.2'), false)
  assert.match(await user.must('status'), /interface a:eth0 in: [1-9]\d* dropped, 0 malformed, else accept\n {4}#1 drop: 1 frames/)
})

test('nothing comes in but answers; rules change under traffic that loses nothing', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const guard = (rule: string): string => two(`policy: { in: drop }, rules: [
    { dir: in, do: accept, etherType: arp }, { dir: in, do: accept, state: [ established, related ] }${rule} ]`)
  const file = user.file('fw.yaml', guard(''))
  await user.must('apply', file)
  const flow = user.start(['exec', 'a', 'ping', '-i0.02', '-W1', '10.0.0.2'])
  await flow.says(/icmp_seq=3/)
  assert.notEqual((await user.run(['exec', 'b', 'ping', '-c1', '-W1', '10.0.0.1'])).exit?.code, 0)
  user.file('fw.yaml', guard(', { dir: in, do: log, name: asked, protocol: icmp, icmpType: 8 }, { dir: in, do: accept, srcIp: 10.0.0.2 }'))
  assert.match(await user.must('apply', file), /1 changed in place/)
  assert.equal((await user.run(['exec', 'b', 'ping', '-c1', '-W1', '10.0.0.1'])).exit?.code, 0)
  const seen = Number(/icmp_seq=(\d+)[^\n]*\n$/.exec(flow.out)?.[1] ?? 0)
  await waitFor(() => new RegExp(`icmp_seq=${seen + 20} `).test(flow.out), 5000, 'twenty more answers', () => flow.story)
  await flow.stop('SIGTERM')
  const numbers = [...flow.out.matchAll(/icmp_seq=(\d+)/g)].map(([, number]) => Number(number))
  assert.deepEqual(numbers, numbers.map((_, i) => i + 1), 'every echo came back')
  const { filters } = JSON.parse(await user.must('status', '--json')) as { filters: Array<{ side: string, rules: Array<{ name: string | null, frames: number }> }> }
  assert.equal(filters.find(({ side }) => side === 'in')!.rules.find(({ name }) => name === 'asked')!.frames, 1)
})

run()
