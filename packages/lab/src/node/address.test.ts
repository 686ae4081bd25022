import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { cidrOf, macOctets, octetsOf } from './address.ts'

const address = suite('address')

address('octetsOf reads both families', () => {
  assert.equal([...octetsOf('10.0.0.1')], [10, 0, 0, 1])
  assert.equal([...octetsOf('fd00::1')], [0xfd, ...new Array<number>(14).fill(0), 1])
  assert.equal([...octetsOf('::ffff')].slice(13), [0, 0xff, 0xff])
})

address('cidrOf takes a prefix, all bits without one', () => {
  assert.is(cidrOf('10.0.0.1/24').prefix, 24)
  assert.is(cidrOf('fd00::1').prefix, 128)
})

address('what is none is refused', () => {
  for (const text of ['', '10.0.0', '10.0.0.256', 'fd00:::1', 'host']) assert.throws(() => octetsOf(text), /neither IPv4 nor IPv6/)
  for (const text of ['10.0.0.1/33', '10.0.0.1/-1', '10.0.0.1/x', 'fd00::1/129']) assert.throws(() => cidrOf(text), /the prefix is/)
  for (const text of ['02:00:00:00:00', '02-00-00-00-00-01', '']) assert.throws(() => macOctets(text), /six pairs/)
  assert.equal([...macOctets('02:00:00:00:0a:FF')], [2, 0, 0, 0, 10, 255])
})

address.run()
