/** The tutorial of declared networks, typed as it stands; other faces of `vdenet`; and what it refuses. */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LAB_NEEDS, LabUser, ROOT, asUser, ours, run, test } from './kit/index.ts'

const OURS = ['vdenet']
const BIN = join(ours('vdenet'), '..')

/** The boxes of a page, as one script. */
const boxes = (page: string): string => [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, box]) => box).join('')

test('the tutorial', { needs: [...LAB_NEEDS, 'nft', 'tcpdump'], ours: OURS, ms: 60_000 }, async (scene) => {
  const user = new LabUser(scene)
  const dir = scene.shared('work')
  const script = boxes(readFileSync(join(ROOT, 'examples/labs/TUTORIAL.md'), 'utf8'))
  const proc = await scene.run(asUser(['/bin/sh', '-eux', '-c', script]), {
    cwd: dir, env: { ...user.env, PATH: `${BIN}:${process.env.PATH}:/usr/sbin:/sbin` }, ms: 50_000
  })
  assert.equal(proc.exit?.code, 0, proc.story)
  assert.match(proc.out, /ICMP echo request/)
  assert.match(readFileSync(join(dir, 'second.svg'), 'utf8'), /<svg[\s\S]*router[\s\S]*<\/svg>/)
  await user.isClean()
})

test('a lab of Kathará', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const dir = scene.path('kathara')
  mkdirSync(dir)
  writeFileSync(join(dir, 'lab.conf'), 'LAB_NAME="pair"\npc1[0]="A"\npc2[0]="A"\npc1[image]="kathara/base"\n')
  writeFileSync(join(dir, 'pc1.startup'), 'ip address add 10.0.0.1/24 dev eth0\n')
  writeFileSync(join(dir, 'pc2.startup'), 'ip address add 10.0.0.2/24 dev eth0\n')
  const file = user.file('pair.yaml', await user.must('import', 'kathara', dir) + 'expect: [ pc1 exec "ping -c1 -W1 10.0.0.2" within 5s ]\n')
  assert.match(await user.must('test', file), /^ok {6}pc1 exec.*\npair: 1 of 1 hold\n$/)
  assert.match(await user.fails('import', 'kathara', scene.dir), /Cannot read the lab in ".*": no such file or directory/)
})

test('two networks of one user, with the same names in them', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const text = 'vdenet: 1\nnets: { lan: }\nnodes: { a: { if: { eth0: { net: lan, ip: 10.0.0.1/24 } } } }\n'
  await user.must('apply', user.file('one.yaml', text))
  await user.must('apply', user.file('other.yaml', text.replaceAll('10.0.0.1', '10.0.0.9')))
  assert.equal(await user.must('list'), 'one: 1 of 1 nodes, 1 nets, 0 links\nother: 1 of 1 nodes, 1 nets, 0 links\n')
  assert.match(await user.fails('exec', 'a', 'true'), /find the network: 2 run, name one with --lab: one, other\n$/)
  assert.match(await user.must('exec', '-l', 'other', 'a', 'ip', '-br', 'address'), /10\.0\.0\.9/)
  assert.match(await user.must('--lab', 'one', 'exec', 'a', 'ip', '-br', 'address'), /10\.0\.0\.1/)
  await user.must('stop', '-l', 'one')
  assert.match(await user.must('exec', 'a', 'hostname'), /^a\n$/)
})

test('a test that fails says what was found, and ends with 1', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const proc = await user.run(['test', user.file('bad.yaml', `vdenet: 1
nodes: { a: { if: { eth0: { ip: 10.0.0.1/24 } } }, b: { if: { eth0: { ip: 10.0.0.2/24 } } } }
links: [ { a: "a:eth0", b: "b:eth0", down: true } ]
expect: [ a ping b within 0.1s, a exec "hostname" = b within 0.1s, a exec "exit 3" within 0.1s, a no-ping b ]
`)])
  assert.equal(proc.exit?.code, 1)
  assert.match(proc.out, /^FAILED {2}a ping b within 0\.1s: no answer from 10\.0\.0\.2.*\nFAILED .*: "a" found, "b" wanted\nFAILED .*: it ended with 3: \nok {6}a no-ping b\nbad: 1 of 4 hold\n$/)
  await user.isClean()
})

test('bad input: a line for each thing that is wrong, and nothing is left', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  const net = 'vdenet: 1\nnets: { lan: }\n'
  const refused: ReadonlyArray<readonly [words: readonly string[], text: string, said: RegExp]> = [
    [['apply'], `${net}ndoes: {}\n`, /^vdenet: .*bad\.yaml:3:1: ndoes: no such key "ndoes" \[KEY_UNKNOWN\] \(did you mean "nodes"\?\)\n$/],
    [['apply'], 'vdenet: 1\nnets: { shop: { overlay: vlan, vid: 4096 } }\nhosts: { n: { ip: 10.0.0.1 }, m: { ip: 10.0.0.1 } }\n',
      /bad\.yaml:2:.*NET_BADID\]\nvdenet: .*bad\.yaml:3:.*\[PHYS_DUPATTR\]\n$/],
    [['apply'], `${net}nodes: { a: , b: }\nlinks: [ { name: l, a: "a:x", b: "b:x" }, { name: l, a: "a:y", b: "b:y" } ]\n`, /link "l" twice.*\[NAME_DUPLICATE\]\n$/],
    [['apply'], `${net}nodes: { a: { run: no-such-daemon } }\n`, /run "no-such-daemon" in node "a": "no-such-daemon" is not installed\n$/],
    [['apply'], 'vdenet: 1\nnodes: { a: { if: { x: { policy: { in: drop } } } }, b: }\nlinks: [ { a: "a:x", b: "b:x" } ]\n',
      /make interface a:x: it is the end of a link and has firewall rules, use nft in the node\n$/],
    [['check'], `${net}nodes: { a: { if: { eth0: { net: lam } } } }\n`, /did you mean "lan"\?\)\n$/]
  ]
  for (const [words, text, said] of refused) {
    assert.match(await user.fails(...words, user.file('bad.yaml', text)), said)
    await user.isClean()
  }
  assert.match(await user.fails('apply', scene.path('nowhere.yaml')), /^vdenet: Cannot read ".*nowhere\.yaml": no such file or directory.*\n$/)
  assert.match(await user.fails('aply', 'x'), /command "aply" found, is "apply" meant\?\n$/)
  assert.match(await user.fails('exec', 'a'), /1 found, want NODE COMMAND/)
  assert.match(await user.fails('try', '-t', '0', user.file('ok.yaml', net)), /Cannot read --timeout/)
  await user.isClean()
})

test('doctor', { needs: LAB_NEEDS, ours: OURS }, async (scene) => {
  const user = new LabUser(scene)
  assert.match(await user.must('doctor'), /^ok {7}nodes \(user, network[^]*ok {7}interfaces \(\/dev\/net\/tun\)\n/)
})

run()
