import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { addressRequest, routeRequest } from './rtnetlink-routes.ts'

const hex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex')
const v4 = Uint8Array.of(10, 0, 0, 1)
const v6 = Uint8Array.from([0xfd, ...new Array<number>(14).fill(0), 1])

const routes = suite('rtnetlink addresses and routes')

routes('an IPv4 address: RTM_NEWADDR, created once; IPv6 without a look for duplicates', () => {
  assert.is(hex(addressRequest('add', 2, v4, 24)),
    '28000000' + '14000506' + '00000000' + '00000000' + '02180000' + '02000000' + '080002000a000001' + '080001000a000001')
  assert.is(hex(addressRequest('remove', 2, v6, 64)).slice(0, 48), '40000000' + '15000500' + '00000000' + '00000000' + '0a400200' + '02000000')
})

routes('a route: RTM_NEWROUTE by a gateway; everywhere has no destination', () => {
  const to = { address: Uint8Array.of(10, 9, 0, 0), prefix: 16 }
  assert.is(hex(routeRequest('add', { to, via: v4 })),
    '2c000000' + '18000506' + '00000000' + '00000000' + '02100000' + 'fe040001' + '00000000' + '080001000a090000' + '080005000a000001')
  assert.is(hex(routeRequest('remove', { to: null, via: v4 })).slice(0, 24), '24000000' + '19000500' + '00000000')
})

routes.run()
