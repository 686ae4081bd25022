import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HEADROOM } from '@vde-ts/frame/offload.js'
import { bytesPerRun } from '@vde-ts/frame/testing.js'
import { maskedIp } from '../address.ts'
import { PortFilter } from './port-filter.ts'
import { SETS, frameOf, lent } from './testing.ts'

const test = suite('port filter')

test('allocates nothing per frame: rules, sets, chains, connections', () => {
  const bare = { priority: 0, chain: null, mark: null, name: null }
  const rules = [
    { ...bare, action: 'drop', match: { srcSet: 'ips', dstPort: { from: 1, to: 2 } } },
    { ...bare, action: 'jump', chain: 'c', match: { etherType: 0x0800 } },
    { ...bare, action: 'accept', match: { srcIp: maskedIp('10.0.0.0/8')!, state: ['new', 'established'] } }
  ] as const
  const filter = new PortFilter({ in: { rules, fallback: 'drop', rate: null }, out: { rules: [], fallback: 'accept', rate: null } },
    [{ name: 'c', rules: [{ ...bare, action: 'mark', mark: 3, match: {} }] }], SETS, 1)
  const frame = frameOf({ srcMac: '06:00:00:00:00:01', dstMac: '06:00:00:00:00:02', vlan: 0, etherType: 0x0800, srcIp: '10.0.0.1', dstIp: '10.0.0.2', protocol: 17, srcPort: 7, dstPort: 8 })
  const buf = lent(frame)
  const onLog = (): void => {}
  let passed = 0
  const octets = bytesPerRun((i) => {
    buf[HEADROOM + 35] = i & 63
    passed += filter.judge('in', buf, HEADROOM, frame.length, 1, frame.length, onLog)
  })
  assert.is(passed, 0)
  assert.ok(octets < 1, `${octets} octets per frame`)
})

test.run()
