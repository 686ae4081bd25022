import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { linkContract, type MakePair } from '@vde-ts/link/contract.js'
import { native, SEQPACKET } from '@vde-ts/native'
import { openVnl } from './registry.ts'

/** The same scheme at both ends of a socket pair. */
const both = (vnl: string): MakePair => async (left, right) => {
  const ends = new Int32Array(2)
  native.socketPair(SEQPACKET, ends)
  return [await openVnl(`${vnl}{seqpacket://${ends[0]}}`, left), await openVnl(`${vnl}{seqpacket://${ends[1]}}`, right)]
}

for (const vnl of ['vlan://4', 'vlan://4/untag=5', 'vlan://4/qinq', 'vlan:///trunk']) {
  linkContract(`${vnl}{seqpacket}`, both(vnl), { padded: (len) => vnl.includes('trunk') || len < 56 ? len : Math.max(len, 60) })
}

const dir = mkdtempSync(join(tmpdir(), 'vde-agno-'))
process.on('exit', () => { rmSync(dir, { recursive: true }) })
writeFileSync(join(dir, 'key'), 'd41d8cd98f00b204e9800998ecf8427e  -\n')
linkContract('agno://KEY{seqpacket}', both(`agno://${dir}/key[ethtype=rand]`))
