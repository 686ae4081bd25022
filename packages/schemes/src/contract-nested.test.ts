import { linkContract } from '@vde-ts/link/contract.js'
import { native, SEQPACKET } from '@vde-ts/native'
import { openVnl } from './registry.ts'

for (const vnl of ['vlan://4', 'vlan://4/untag=5', 'vlan://4/qinq', 'vlan:///trunk']) {
  linkContract(`${vnl}{seqpacket}`, async (left, right) => {
    const ends = new Int32Array(2)
    native.socketPair(SEQPACKET, ends)
    return [await openVnl(`${vnl}{seqpacket://${ends[0]}}`, left), await openVnl(`${vnl}{seqpacket://${ends[1]}}`, right)]
  }, { padded: (len) => vnl.includes('trunk') || len < 56 ? len : Math.max(len, 60) })
}
