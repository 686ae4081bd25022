import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { checkedHostname, interfaceName, interfaceNames } from './interfaces.ts'

const names = suite('interface names')

names('are prefix and position', () => { assert.equal(interfaceNames('vde', 3), ['vde0', 'vde1', 'vde2']) })
names('none for none', () => { assert.equal(interfaceNames('much too long a prefix', 0), []) })
names('may have 15 octets', () => { assert.is(interfaceName('123456789012345'), '123456789012345') })

const REFUSED: ReadonlyArray<readonly [prefix: string, count: number, message: RegExp]> = [
  ['123456789012345', 1, /"1234567890123450": the name has 16 octets, at most 15/],
  ['12345678901234', 11, /"1234567890123410": the name has 16 octets/],
  ['ääääääää', 1, /the name has 17 octets/],
  ['a/b', 1, /the name holds "\/"/],
  ['a b', 1, /the name holds " "/],
  ['a:', 1, /the name holds ":"/],
  ['a%d', 1, /the name holds "%"/],
  ['a\0', 1, /the name holds/]
]
for (const [prefix, count, message] of REFUSED) {
  names(`of prefix ${JSON.stringify(prefix)} x ${count} are refused`, () => {
    assert.throws(() => interfaceNames(prefix, count), (error: Error) => message.test(error.message))
  })
}
for (const name of ['', '.', '..']) {
  names(`"${name}" is refused`, () => {
    assert.throws(() => interfaceName(name), (error: { code: string }) => error.code === 'EINVAL')
  })
}

names('a hostname has 1 to 64 octets', () => {
  assert.is(checkedHostname('a'.repeat(64)), 'a'.repeat(64))
  assert.throws(() => checkedHostname('a'.repeat(65)), /65 octets, wanted 1 to 64/)
  assert.throws(() => checkedHostname(''), /0 octets/)
})

names.run()
