import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Node } from '@vde-ts/model'
import { readNetwork } from '@vde-ts/vdenet-format/read.js'
import { importKathara } from './kathara.ts'

const CONF = `LAB_NAME="ring"
# two pcs
pc1[0]="A"
pc1[image]="kathara/base"
r1[1]=B/02:00:00:00:00:0A
r1[0]="A"
`

const kathara = suite('importKathara')

kathara('makes a file that says the same', () => {
  const text = importKathara({ conf: CONF, startups: ['pc1', 'lone'], directories: ['r1'], dir: '/labs/x' })
  assert.match(text, /^# From a lab of Kathará: ring\.\n/)
  assert.match(text, /# pc1: not carried over: \[image\]\n/)
  assert.match(text, /# r1: not carried over: the files below r1\/\n/)
  const { model, findings } = readNetwork(text, { file: 'x', name: 'x', dir: '/' })
  assert.equal(findings, [])
  assert.equal(model!.nets.map(({ name }) => name), ['A', 'B'])
  const ports = (node: Node): unknown => node.interfaces.map((one) => [one.name, one.net, one.mac])
  assert.equal(model!.nodes.map((node) => [node.name, node.run, node.dir, ports(node)]), [
    ['pc1', ['sh pc1.startup'], '/labs/x', [['eth0', 'A', null]]],
    ['r1', [], '/labs/x', [['eth0', 'A', null], ['eth1', 'B', '02:00:00:00:00:0a']]],
    ['lone', ['sh lone.startup'], '/labs/x', []]
  ])
})

kathara('refuses what it cannot read, with its line', () => {
  const refused = (conf: string): void => { importKathara({ conf, startups: [], directories: [], dir: '/' }) }
  assert.throws(() => refused('pc1[0]="A"\npc1{0}="A"\n'), /Cannot read line 2 of lab\.conf: found "pc1\{0\}="A""/)
  assert.throws(() => refused('pc1[0]="A"\npc1[0]="B"\n'), /line 2 of lab\.conf: interface 0 of pc1 is there twice/)
})

kathara.run()
