import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nameFault } from './name.ts'

const names = suite('nameFault')
for (const name of ['', 'tap0', 'a', '123456789012345', 'br-lan.7', 'größe']) {
  names(`${JSON.stringify(name)} is right`, () => { assert.is(nameFault(name), null) })
}
const FAULTS: ReadonlyArray<readonly [name: string, want: RegExp]> = [
  ['1234567890123456', /has 16 octets, at most 15/],
  ['ééééééé' + 'éé', /has 18 octets/],
  ['a/b', /holds "\/"/], ['a:b', /holds ":"/], ['a b', /holds " "/], ['tap%d', /holds "%"/], ['a\0b', /holds "\\u0000"/],
  ['.', /reserved/], ['..', /reserved/]
]
for (const [name, want] of FAULTS) {
  names(`${JSON.stringify(name)} is refused`, () => { assert.match(nameFault(name) ?? '', want) })
}
names.run()
