import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TailGrammar } from '@vde-ts/vnl'
import { specs } from '../specs.ts'
import { complete, completionScript } from './completion.ts'

const key = (value: string): { help: string, value: string, fallback: string } => ({ help: '', value, fallback: '' })
const schemes: TailGrammar[] = [
  { name: 'vde', style: 'path', params: { port: key('N'), portgroup: key('N'), group: key('G') } },
  { name: 'vlan', style: 'nested-address', params: { untag: key('N'), qinq: key('') } },
  { name: 'udp', style: 'address', params: { bind: key('A') } },
  { name: 'cmd', style: 'raw', params: {} }
]
const vocabulary = { commands: specs, schemes }

const at = suite('complete')

for (const [line, wanted] of [
  ['vde_plug --desc', ['--descr ']],
  ['/usr/local/bin/vde_plug --desc', ['--descr ']],
  ['vde_switch -hu', ['-hub ']],
  ['vde_switch --hashs', ['--hashsize ']],
  ['vde_plug ud', ['udp://']],
  ['vde_plug v', ['vde://', 'vlan://']],
  ['vde_plug udp://x/b', ['udp://x/bind=']],
  ['vde_plug udp://x/bind=', []],
  ['vde_plug udp://x', []],
  ['vde_plug vde:///tmp/sw[po', ['vde:///tmp/sw[port=', 'vde:///tmp/sw[portgroup=']],
  ['vde_plug vde:///tmp/sw[port=3/g', ['vde:///tmp/sw[port=3/group=']],
  ['vde_plug /tmp/sw[gr', ['/tmp/sw[group=']],
  ['vde_plug /tmp/s', []],
  ['vde_plug vlan://4/q', ['vlan://4/qinq']],
  ['vde_plug vlan://4{ud', ['vlan://4{udp://']],
  ['vde_plug vlan://4{vlan://5/u', ['vlan://4{vlan://5/untag=']],
  ['vde_plug vlan://4{vde:///tmp/sw[gr', ['vlan://4{vde:///tmp/sw[group=']],
  ['vde_plug cmd://v', []],
  ['vde_plug no/such://x', []],
  ['vde_plug null:// ud', ['udp://']],
  ['vde_plug ud = x', []],
  ['vde_plug udp://a = vde_plug ud', ['udp://']],
  ['vde_plug udp://a = vdet', ['vdeterm ']],
  ['vde_plug -p --d', []],
  ['vde_plug -p f --desc', ['--descr ']],
  ['vde_plug --pidfile=f --desc', ['--descr ']],
  ['vde_plug udp://a --desc', []],
  ['vde_plug2tap --sock ud', ['udp://']],
  ['vde_plug2tap -s ud', ['udp://']],
  ['vde_plug2tap -d -s ud', ['udp://']],
  ['vde_plug2tap ta', []],
  ['vdens ud', ['udp://']],
  ['vdens -h ud', ['udp://']],
  ['vdens udp://x vde_plug ud', ['udp://']],
  ['vdens udp://x vde_plu', ['vde_plug ', 'vde_plug2tap ']],
  ['vdens -m udp://x -- vde_plug ud', ['udp://']],
  ['dpipe vdet', ['vdeterm ']],
  ['dpipe vde_plug ud', ['udp://']],
  ['dpipe vde_plug udp://a = vde_plug ud', ['udp://']],
  ['dpipe vde_plug udp://a =} wirefilter }= vde_plug ud', ['udp://']],
  ['vnl ex', ['explain ']],
  ['vnl explain ud', ['udp://']],
  ['vnl --js', ['--json ']],
  ['ls ud', []],
  ['', []]
] as const) {
  at(`"${line}" gives ${JSON.stringify(wanted)}`, () => { assert.equal(complete(line.split(' '), vocabulary), [...wanted]) })
}

at('an empty word gives every scheme', () => {
  assert.equal(complete(['vde_plug', ''], vocabulary), ['vde://', 'vlan://', 'udp://', 'cmd://'])
})

at('the scripts name every command', () => {
  for (const shell of ['bash', 'zsh'] as const) {
    for (const { name } of specs) assert.match(completionScript(shell, vocabulary), new RegExp(`_vde_ts .*\\b${name}\\b`))
  }
})

at.run()
