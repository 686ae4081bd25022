import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Model } from '@vde-ts/model/model.js'
import { planText } from '@vde-ts/model/plan-text.js'
import { randomModel, randomOf } from '@vde-ts/model/testing.js'
import { Lsctl, isComplete, type Outside } from './lsctl.ts'
import { showJson } from './show-json.ts'
import { showTcl } from './show-tcl.ts'

interface Trial { readonly lsctl: Lsctl, readonly out: string[], readonly err: string[], readonly plans: string[] }

const FILES: Readonly<Record<string, string>> = { 'common.lsctl': 'proc underlay {n} { return "172.16.0.$n" }' }

const trial = (argv: readonly string[] = [], more: Partial<Outside> = {}): Trial => {
  const [out, err, plans]: [string[], string[], string[]] = [[], [], []]
  const outside: Outside = {
    out: (text) => { out.push(text) },
    err: (text) => { err.push(text) },
    realise: async (plan) => { plans.push(planText(plan)) },
    world: { hasInterface: () => null },
    readFile: (path) => { if (FILES[path] === undefined) throw new Error('no such file'); return FILES[path]! },
    ...more
  }
  return { lsctl: new Lsctl(outside, { argv0: 'lab.lsctl', argv, env: { LSCTL_TYPE: 'vlan' } }), out, err, plans }
}

const IMPORT = 'namespace import lsdn::*\n'
const START = IMPORT + 'settings geneve\nphys -name north -if up0 -ip 10.77.0.1\nphys -name south -if up0 -ip 10.77.0.2\n'

const modelOf = async (script: string, argv: readonly string[] = []): Promise<Model> => {
  const { lsctl } = trial(argv)
  assert.equal(await lsctl.run(script).then((outcome) => outcome.ok || outcome.message), true)
  return lsctl.network.model
}

const scripts = suite('scripts')

scripts('one file for all hosts, in the usual style', async () => {
  const { lsctl, plans } = trial(['north'])
  const outcome = await lsctl.run(`${IMPORT}
settings geneve
foreach {h a} {north 10.77.0.1 south 10.77.0.2} { phys -name $h -if up0 -ip $a }
net -vid 41 lab {
    attach north south
    virt -name u -phys north -if tapU -mac 06:00:00:00:00:01 {
        rule in 10 drop -srcIp 192.0.2.0/24
        rate out -avg 8mbit -burst 64kb
    }
    virt -name w -phys south -if tapW -mac 06:00:00:00:00:02
}
claimLocal [lindex $argv 0]
commit
free
`)
  assert.equal(outcome, { ok: true, value: '' })
  assert.match(plans[0]!, /^8 to create, 0 to change/m)
  assert.match(plans[0]!, /^\+ virt lab\/u$/m)
})

scripts('what a virt has', async () => {
  const { virts } = await modelOf(START + 'net 7 { attach north; virt -name u -phys north -if t { rule in 0x10 drop -srcIp 10.1.2.3/8 -dstMac 06:00:00:00:00:01\n' +
    'rule out 010 drop; rate in -avg 0.5mbit -burst 3kb -burstRate 2mbit } }')
  const [u] = virts
  assert.equal([u!.net, u!.phys, u!.iface], ['7', 'north', 't'])
  assert.equal([u!.in.rules[0]!.priority, u!.out.rules[0]!.priority], [16, 8])
  assert.equal(u!.in.rules[0]!.match, {
    dstMac: { value: '06:00:00:00:00:01', mask: 'ff:ff:ff:ff:ff:ff' }, srcIp: { value: '10.0.0.0', mask: '255.0.0.0' }
  })
  assert.equal(u!.in.rate, { mode: 'police', avg: 65536, burst: 3072, burstRate: 262144 })
})

scripts('a helper chosen by the environment, a file beside, procedures with defaults', async () => {
  const model = await modelOf(`${IMPORT}source common.lsctl
proc overlay {{name default}} { lsdn::settings $::env(LSCTL_TYPE) -name $name }
::overlay
for {set i 1} {$i <= 40} {incr i} {
    phys -name [format "p%02d" $i] -if out -ip [underlay $i]
    net 1 { attach [format "p%02d" $i]
        virt -name v$i -phys [format "p%02d" $i] -if $i -mac [format "06:00:00:00:00:%02x" $i] }
}
`)
  assert.equal([model.physes.length, model.virts.length, model.attachments.length, model.settings[0]!.type], [40, 40, 40, 'vlan'])
})

scripts('blocks in blocks: net in phys, phys in net', async () => {
  const model = await modelOf(START + 'net 1 { phys -name north { virt -name a -if t1 } }\nphys -name south { net 1 { virt -name b -if t2 } }')
  assert.equal(model.virts.map(({ net, name, phys, iface }) => [net, name, phys, iface]), [['1', 'a', 'north', 't1'], ['1', 'b', 'south', 't2']])
  assert.equal(model.attachments, [{ net: '1', phys: 'north' }, { net: '1', phys: 'south' }])
})

scripts('a migration in one script is two commits', async () => {
  const { lsctl, plans } = trial()
  await lsctl.run(START + 'net 1 { attach north south }\nvirt -net 1 -name m -phys north -if t -mac 06:00:00:00:00:01\ncommit\n' +
    'virt -net 1 -name m -phys south -if t\ncommit')
  assert.match(plans[1]!, /^! virt 1\/m: phys north -> south \(interrupts virt 1\/m\)$/m)
})

scripts('variables and the model stay from script to script', async () => {
  const { lsctl, out } = trial()
  await lsctl.run(`${IMPORT}set n 5; settings direct; net $n`)
  await lsctl.run('net $n; puts [info exists n]')
  assert.equal([out, lsctl.network.model.nets.map(({ vid }) => vid)], [['1'], [5]])
})

scripts('without the import every command has its namespace', async () => {
  assert.is((await modelOf('lsdn::settings direct; lsdn::net 1 { lsdn::phys -name p }')).attachments.length, 1)
})

scripts('removing, detaching, clearing', async () => {
  const model = await modelOf(START + 'net 1 { attach north south; virt -name a -phys north -if t -mac 06:00:00:00:00:01 { rule in 1 drop; flushVr; rate in -avg 1kb -burst 1kb; rate in } }\n' +
    'virt -net 1 -name a -macClear\nphys -name south -ipClear -if other\nnet 1 { detach south }\nnet 2\nnet 2 -remove\nphys -name north -remove')
  assert.equal(model.nets.map(({ name }) => name), ['1'])
  assert.equal([model.virts[0]!.mac, model.virts[0]!.phys, model.virts[0]!.iface, model.virts[0]!.in], [null, null, 't', { rules: [], fallback: 'accept', rate: null }])
  assert.equal([model.physes.map(({ name, ip, iface }) => [name, ip, iface]), model.attachments], [[['south', null, 'other']], []])
})

scripts('options and words may be shortened', async () => {
  assert.equal((await modelOf(`${IMPORT}settings vl -na foo\nnet -s foo x`)).nets[0]!.settings, 'foo')
})

/** VIDs of names. */
const VIDS: ReadonlyArray<readonly [string, number]> = [['010', 10], ['13x', 13], ['shop', 0], ['7', 7]]
for (const [name, vid] of VIDS) {
  scripts(`net ${name} has VID ${vid}`, async () => { assert.is((await modelOf(`${IMPORT}settings direct\nnet ${name}`)).nets[0]!.vid, vid) })
}
scripts.run()

const refusals = suite('what is refused')
const inVirt = (text: string): string => `net 1 { virt -name a { ${text} } }`

/** A line behind START, and why it ends the script. */
const REFUSED: ReadonlyArray<readonly [line: string, message: RegExp]> = [
  ['settings geneve', /the name is taken/], ['settings frob', /bad overlay type "frob"/], ['settings vxlan/mcast -name m', /want a group/], ['settings vlan -name x -port 1', /found a port/],
  ['settings vxlan/e2e -name x -port 99999', /want an integer in 1\.\.65535/], ['net', /wants a name/], ['net 1 -settings nosuch', /there is none of this name/],
  ['net 1; net 1 -settings default', /cannot be changed/], ['net 1; net 1 -vid 2', /the vid of net 1 is 1 and cannot be changed/], ['net 1 -remove', /none of this name/],
  ['phys -name x -ip 1.2.3', /want an IPv4 or IPv6/], ['phys -name north -ip 10.0.0.9 -ipClear', /exclude each other/], ['phys -remove', /wants the -name/],
  ['phys -name north { phys -name x }', /cannot be used in a block of phys/], ['net 1 { net 2 }', /cannot be used in a block of net/], ['net 1 { phys -net 1 }', /-net is not allowed inside/],
  ['virt -name x', /wants its net/], ['virt -net 9 -name x', /none of this name/], ['net 1; virt -net 1 -name x -phys north', /wants its interface/],
  ['net 1; virt -net 1 -name x -if t', /-if wants the phys/], ['net 1; virt -net 1 -name x -phys nosuch -if t', /none of this name/], ['net 1; virt -net 1 -n v', /ambiguous option "-n": -net, -name/],
  ['net 1; virt -net 1 -name x -mac 6:0:0', /want a MAC/], ['attach', /wants two of/], ['attach -net 1', /wants two of/], ['attach -net nosuch north', /none of this name/],
  ['claimLocal', /wants a list of physes/], ['claimLocal -phys north north', /wants a list of physes/], ['claimLocal nosuch', /none of this name/],
  ['rule in 1 drop', /cannot be used in a block of root/], [inVirt('rule in 1'), /wants a direction, a priority/], [inVirt('rule up 1 drop'), /bad direction "up"/],
  [inVirt('rule in 32768 drop'), /in 0\.\.32767/], [inVirt('rule in 1 accept'), /bad action/], [inVirt('rule in 1 drop -srcIp 10.0.0.0/33'), /want an address/],
  [inVirt('rule in 1 drop -srcIp 10.0.0.0/ffff::'), /mask of its family/], [inVirt('rule in 1 drop -srcIp 1.1.1.1 -dstIp 1.1.1.1 -srcMac 06:00:00:00:00:01'), /at most 2/],
  [inVirt('rule in 1 drop -frob x'), /unrecognized argument "-frob"/], [inVirt('rule in 1 drop -srcIp'), /requires an additional argument/], [inVirt('rate in -avg 1kb'), /both -avg and -burst/],
  [inVirt('rate in -avg .5kb -burst 1'), /bad value ".5kb"/], [inVirt('rate in -avg 1.kb -burst 1'), /bad value/], [inVirt('rate in -avg 1KB -burst 1'), /bad value/],
  [inVirt('rate in -avg 1kbps -burst 1'), /bad value/], [inVirt('virt -name b'), /cannot be used in a block of virt/], ['net 1 { commit }', /cannot be used in a block of net/],
  ['show -tcl -json', /exclude each other/], ['show x', /does not know what to do with "x"/], ['source nosuch', /couldn't read file/], ['exec ls', /invalid command name/], ['package require http', /can't find package/]
]
for (const [line, message] of REFUSED) {
  refusals(line, async () => {
    const { lsctl } = trial()
    const outcome = await lsctl.run(START + line)
    assert.is(outcome.ok, false)
    assert.match(outcome.ok ? '' : outcome.message, message)
    assert.equal((await lsctl.run('net 77')).ok, true, 'the scope is that of the root again')
  })
}

refusals('catch gets an error, and the block is left', async () => {
  assert.equal((await modelOf(START + 'catch { net 1 { net 2 } }\nnet 3')).nets.map(({ name }) => name), ['1', '3'])
})

refusals('problems go to standard error, and nothing is carried out', async () => {
  const { lsctl, err, plans } = trial()
  const outcome = await lsctl.run(`${START}net 1 { attach north }\nphys -name north -ipClear\ncommit`)
  assert.equal([outcome.ok, plans], [false, []])
  assert.match(err[0]!, /^phys north: no ip is given, and net 1 \(geneve\) needs one of each host \[PHYS_NOATTR\]$/)
  assert.is((await lsctl.run('validate')).ok, false)
})

refusals('what fails while it is carried out may be caught and tried again', async () => {
  let isBroken = true
  const { lsctl } = trial([], { realise: async () => { if (isBroken) throw new Error('no room') } })
  assert.match(await lsctl.run(`${START}commit`).then((outcome) => outcome.ok ? '' : outcome.message), /^commit failed: no room/)
  isBroken = false
  assert.is((await lsctl.run('commit')).ok, true)
})
refusals.run()

const lines = suite('isComplete')
const COMPLETE: ReadonlyArray<readonly [string, boolean]> = [['', true], ['net 1', true], ['net 1 {', false], ['net 1 {\n}', true], ['puts "a', false],
  ['puts [a', false], ['a \\', false], ['a \\\\', true], ['set a {x}y', true]]
for (const [text, whole] of COMPLETE) lines(JSON.stringify(text), () => { assert.is(isComplete(text), whole) })
lines.run()

const dumps = suite('show')

const DUMPED = `${IMPORT}settings vxlan/mcast -mcastIp 239.7.7.7 -port 4800
phys -name north -if up0 -ip 10.77.0.1
claimLocal north
net -vid 300 shop {
  attach north
  virt -name till -mac 06:00:00:00:00:0A -phys north -if tapA {
    rule in 100 drop -srcMac 06:00:00:00:00:0b -srcIp 10.0.0.0/8
    rate in -avg 1mbit -burst 16kb -burstRate 4mbit
  }
}
`

dumps('-json has LSDN\'s keys in its order, and its layout', async () => {
  const { lsctl, out } = trial()
  await lsctl.run(DUMPED + 'show -json')
  const text = out[0]!
  assert.ok(text.startsWith('{\n  "lsdnName":"lsdn",\n  "lsdnSettings":[\n    {\n      "settingsName":"default",\n      "settingsType":"vxlan\\/mcast",\n' +
    '      "port":4800,\n      "ip":"239.7.7.7"\n    }\n  ],\n  "lsdnPhyses":[\n    {\n      "physName":"north",\n      "attrIp":"10.77.0.1",\n' +
    '      "iface":"up0",\n      "isLocal":true\n    }\n  ],'), text)
  const read = JSON.parse(text) as { lsdnNets: Array<{ virts: unknown[] }> }
  assert.equal(read.lsdnNets[0], {
    netName: 'shop',
    settings: 'default',
    vnetId: 300,
    physList: ['north'],
    virts: [{
      virtName: 'till',
      attrMac: '06:00:00:00:00:0a',
      phys: 'north',
      iface: 'tapA',
      rules: [{
        targets: [
          { target: 'src_mac', match: '06:00:00:00:00:0b', matchMask: 'ff:ff:ff:ff:ff:ff' },
          { target: 'src_ipv4', match: '10.0.0.0', matchMask: '255.0.0.0' }
        ],
        dir: 'in',
        prio: 100,
        action: 'drop'
      }],
      qosIn: { avgRate: 131072, burstSize: 16384, burstRate: 524288 }
    }]
  })
  assert.match(text, /"avgRate":131072\.0,\n/)
})

dumps('-json breaks empty lists, and writes IPv6 in full', async () => {
  const text = showJson(await modelOf(`${IMPORT}settings direct\nphys -name p -ip fd00::1\nnet 1`))
  assert.match(text, /"physList":\[\n {6}\],\n {6}"virts":\[\n {6}\]\n/)
  assert.match(text, /"attrIp":"fd00:0000:0000:0000:0000:0000:0000:0001"/)
})

dumps('-tcl is the default and reads back', async () => {
  const { lsctl, out } = trial()
  await lsctl.run(DUMPED + 'show')
  assert.is(out[0], `namespace import lsdn::*
settings vxlan/mcast -name default -mcastIp 239.7.7.7 -port 4800
phys -name north -if up0 -ip 10.77.0.1
claimLocal north
net -vid 300 -settings default shop {
\tattach north
\tvirt -name till -mac 06:00:00:00:00:0a -phys north -if tapA {
\t\trule in 100 drop -srcMac 06:00:00:00:00:0b -srcIp 10.0.0.0/8
\t\trate in -avg 131072 -burst 16384 -burstRate 524288
\t}
}`)
})

/** What LSDN's language can say of a network. */
const sayable = (model: Model): Model => {
  const nets = model.nets.filter(({ settings }) => settings !== null).map((net) => ({ ...net, rateOut: null }))
  const isThere = ({ net }: { readonly net: string }): boolean => nets.some(({ name }) => name === net)
  return { ...model, name: 'lsdn', nets, attachments: model.attachments.filter(isThere), virts: model.virts.filter(isThere) }
}

dumps('both dumps of random networks of all overlays come back as they were', async () => {
  const types = new Set<string>()
  for (let seed = 1; seed <= 60; seed++) {
    const model = sayable(randomModel(randomOf(seed)))
    for (const { type } of model.settings) types.add(type)
    const again = await modelOf(showTcl(model))
    assert.is(showTcl(again), showTcl(model), `seed ${seed}`)
    assert.is(showJson(again), showJson(model), `seed ${seed}`)
  }
  assert.is(types.size, 7)
})

dumps('names with blanks and MAC masks are quoted and kept', async () => {
  const script = `${IMPORT}settings direct -name {my net}\nnet -vid 3 -settings {my net} n { virt -name {a b} { rule in 1 drop -srcMac 06:00:00:00:00:00/ff:00:00:00:00:00 } }`
  const text = showTcl(await modelOf(script))
  assert.is(showTcl(await modelOf(text)), text)
  assert.match(text, /-srcMac 06:00:00:00:00:00\/ff:00:00:00:00:00/)
})
dumps.run()
