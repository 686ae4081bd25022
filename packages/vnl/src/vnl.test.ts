import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatVnl } from './format.ts'
import { nearest } from './nearest.ts'
import { parseTail } from './parse.ts'
import { VnlError } from './problem.ts'
import { quote, unquote } from './quoting.ts'
import { indirectLine, splitScheme } from './scheme.ts'
import type { Tail, TailGrammar, TailStyle } from './tail.ts'
import { parseVnl } from './tree.ts'
import { parseCNumber, parseMode, parseNumber, parseSize } from './values.ts'

const grammar = (style: TailStyle, keys: string, positional: boolean = false): TailGrammar => ({
  name: 'net',
  style,
  positional,
  params: Object.fromEntries(keys.split(' ').filter(Boolean).map((key) => [key, { help: '', value: '', fallback: '' }]))
})

const VDE = grammar('path', 'port portgroup group mode', true)
const VXVDE = grammar('address', 'vni v4 v6 hashsize')
const AGNO = grammar('nested-path', 'ethtype')
const VLAN = grammar('nested-address', 'qinq t')

/** Path, parameters as key=value lines, inner VNL. */
const said = (text: string, by: TailGrammar): string => {
  const { path, params, inner } = parseTail(text, by)
  return [path, ...Array.from(params, ([key, value]) => `${key}=${value}`), ...(inner === '' ? [] : [`{${inner}`])].join(' | ')
}

const prefixed = suite('keys with a prefix')

prefixed('the prefix is part of the name, behind it keys are abbreviated as ever', () => {
  const by: TailGrammar = { ...grammar('nested-path', 'delay loss'), prefixes: ['in.', 'out.'] }
  assert.is(said('[in.delay=1/out.d=2/loss=3]{x://}', by), ' | in.delay=1 | out.delay=2 | loss=3 | {x://')
  assert.throws(() => said('[on.delay=1]{x://}', by), (error: unknown) => error instanceof VnlError)
  assert.throws(() => said('[in.x=1]{x://}', by), (error: unknown) => error instanceof VnlError)
})

prefixed.run()

const split = suite('splitScheme')

for (const [text, scheme, tail] of [
  ['', null, ''], ['/tmp/sw', null, '/tmp/sw'], ['sw[3]', null, 'sw[3]'],
  ['vde:///tmp/sw', 'vde', '/tmp/sw'], ['null://', 'null', ''], ['a+b.c-1://x', 'a+b.c-1', 'x'],
  ['vlan://4{agno://{x://}}', 'vlan', '4{agno://{x://}}'], ['/tmp/a://b', null, '/tmp/a://b'], ['./a://b', null, './a://b'],
  ['sw[group=a/x://]', null, 'sw[group=a/x://]'], ['vde:/x', null, 'vde:/x']
] as const) {
  split(`"${text}" has scheme ${scheme}`, () => { assert.equal(splitScheme(text), { scheme, tail }) })
}

for (const text of ['://x', 'VDE://x', 'my net://x', '1a://x', '__proto__://', 'a\nb://']) {
  split(`${JSON.stringify(text)} is refused`, () => { assert.throws(() => splitScheme(text), /^Cannot read VNL: at character 1: found ".*want a scheme: a lower-case/) })
}

split.run()

const indirect = suite('indirectLine')

for (const [content, line] of [
  ['null://\n', 'null://'], ['null://', 'null://'], ['a\r\n', 'a'], ['a\r', 'a\r'], ['a\n\n', 'a'], ['a \nb\n', 'a '], ['', ''], ['\n', '']
] as const) {
  indirect(`of ${JSON.stringify(content)}`, () => { assert.is(indirectLine(content), line) })
}

indirect.run()

const quoting = suite('unquote')

for (const [text, meant] of [
  ["'/tmp/sw'", '/tmp/sw'], ['/tmp/s%77', '/tmp/sw'], ['/tmp/s\\w', '/tmp/sw'], ['"a\'b"', "a'b"], ["'a\"b'", 'a"b'],
  ["'%41\\'", '%41\\'], ['%%41', '%A'], ['%4', '%4'], ['%', '%'], ['%4g', '%4g'], ['a%c3%A9b', 'aéb'], ['\\%41', '%41'],
  ["'open", 'open'], ["'", ''], ["''", ''], ['a\\', 'a'], ['a"b"c\'d\'', 'abcd'], ['%2F%5b', '/['], ['é€😀', 'é€😀'], ["x'y'z", 'xyz']
] as const) {
  quoting(`of ${text} is ${meant}`, () => { assert.is(unquote(text), meant) })
}

for (const [text, why] of [['%00', /NUL/], ['%ff', /UTF-8/], ['%c3x', /UTF-8/]] as const) {
  quoting(`of ${text} is refused`, () => { assert.throws(() => unquote(text), why) })
}

quoting('reads back what quote wrote', () => {
  for (const text of ['', 'a/b[c]{d}', '\'"\\%41', 'tab\tline\n\x7f', 'é😀', '%%%']) assert.is(unquote(quote(text, '/[]{}')), text)
})

quoting.run()

const parse = suite('parseTail')

for (const [by, text, meant] of [
  // path style
  [VDE, '/tmp/sw', '/tmp/sw'], [VDE, '', ''], [VDE, '/tmp/sw[]', '/tmp/sw'], [VDE, 'sw[3]', 'sw | =3'],
  [VDE, 'sw[port=3]', 'sw | port=3'], [VDE, 'sw[p=3]', 'sw | port=3'], [VDE, 'sw[portg=x]', 'sw | portgroup=x'],
  [VDE, 'sw[3/group=g/mode=660]', 'sw | =3 | group=g | mode=660'], [VDE, 'sw[g]', 'sw | group='],
  [VDE, 'sw[port=1/g=a/port=2]', 'sw | group=a | port=2'], [VDE, 'sw[/=x//3]', 'sw | =3'], [VDE, 'sw[a[b]]c', 'sw | =a[b]'],
  [VDE, "'a[b]'[3]", 'a[b] | =3'], [VDE, 'a%5Bb[3]', 'a[b | =3'], [VDE, 'a\\[b', 'a[b'], [VDE, 'sw[3]tail', 'sw | =3'],
  [VDE, 'sw[group=a\\/b]', 'sw | group=a/b'], [VDE, "sw[group='a]']", 'sw | group=a]'], [VDE, 'sw[group=a=b]', 'sw | group=a=b'],
  [VDE, '/a://b', '/a://b'],
  // address style
  [VXVDE, '', ''], [VXVDE, '234.0.0.1', '234.0.0.1'], [VXVDE, '/v', ' | vni='], [VXVDE, '/v4=0/v6', ' | v4=0 | v6='],
  [VXVDE, 'a%2Fb/h=512', 'a/b | hashsize=512'], [VXVDE, "'a/b'/vni=1", 'a/b | vni=1'], [VXVDE, '///', ''],
  // raw style
  [grammar('raw', ''), 'a[b]/%41', 'a[b]/%41'],
  // nested styles
  [VLAN, '4{agno://{vxvde://}}', '4 | {agno://{vxvde://}'], [VLAN, "5/qinq{vde://'a b'}", "5 | qinq= | {vde://'a b'"],
  [VLAN, "'{'{x}", '{ | {x'], [VLAN, '1{x}ignored', '1 | {x'], [AGNO, '/key[ethtype=copy]{vde://[3]}', '/key | ethtype=copy | {vde://[3]'],
  [AGNO, '{x}', ' | {x'],
  // both forms of options, and mixed
  [VLAN, '3[qinq/t=5]{x}', '3 | qinq= | t=5 | {x'], [VLAN, '3/qinq[t=5]{x}', '3 | qinq= | t=5 | {x'], [VLAN, '[t=5/t=6]{x}', ' | t=6 | {x']
] as const) {
  parse(`${by.style} "${text}"`, () => { assert.is(said(text, by), meant) })
}

for (const [by, text, why] of [
  [VXVDE, '/16', /^Cannot read VNL: at character 2: unknown key: "16", want one of vni, v4, v6, hashsize$/],
  [VXVDE, '/__proto__=1', /unknown key: "__proto__"/], [VXVDE, '/constructor', /unknown key/], [VXVDE, '/vni4', /unknown key: "vni4"/],
  [VDE, 'sw[x=1]', /unknown key: "x"/], [VDE, 'sw[3', /"\[" that is not closed/], [VDE, "sw[group='a]", /not closed/],
  [grammar('path', ''), 'sw[a]', /unknown key: "a", net:\/\/ has none/], [VDE, 'sw[x\x1b[2J=1]', /"x\\u001b\[2J"/],
  [VLAN, '3', /no VNL in braces, want net:\/\/...{another VNL}$/], [AGNO, '{}', /empty braces/], [AGNO, '{ }', /empty braces/],
  [AGNO, '{vde://', /"{" that is not closed/], [VLAN, '', /no VNL in braces/]
] as const) {
  parse(`${by.style} "${text}" is refused`, () => {
    assert.throws(() => parseTail(text, by), (error: Error) => error instanceof SyntaxError && why.test(error.message))
  })
}

parse('a key named __proto__ in the table is a key', () => {
  const params = Object.fromEntries([['__proto__', { help: '', value: '', fallback: '' }]])
  const tail = parseTail('/__proto__=1', { name: 'net', style: 'address', params })
  assert.equal([...tail.params], [['__proto__', '1']])
})

parse.run()

const places = suite('position')

for (const [text, at] of [
  ['VDE://x', 1], ['net://a/vni=1/foo', 15], ['net:///16', 8], ['nest://3/bar{net://}', 10], ['nest://3{net:///v4/foo}', 20],
  ['nest://3{nest://4{net:///%00}}', 26], ['nest://3{nest://4}', 18], ['nest://{', 8], ['nest://{}', 8], ['nest://3[t{net://}', 9],
  ['nest://{net:///%41%ff}', 16], ['nest://{A://}', 9]
] as const) {
  places(`of the mistake in ${text} is ${at}`, () => {
    const grammarOf = (name: string): TailGrammar => name === 'net' ? VXVDE : VLAN
    assert.throws(() => parseVnl(text, grammarOf), (error: Error) =>
      error instanceof VnlError && error.at === at - 1 && error.message.startsWith(`Cannot read VNL: at character ${at}: `))
  })
}

places.run()

const tree = suite('parseVnl')

tree('gives every level, its text and its place', () => {
  const top = parseVnl('nest://4/t=1{nest://5{/tmp/sw[3]}}', () => VLAN)
  assert.equal([top.at, top.tail.path, top.tail.params.get('t')], [0, '4', '1'])
  assert.equal([top.inner?.at, top.inner?.text, top.inner?.tail.path], [13, 'nest://5{/tmp/sw[3]}', '5'])
  assert.equal([top.inner?.inner?.at, top.inner?.inner?.text, top.inner?.inner?.grammar], [22, '/tmp/sw[3]', null])
})

tree('takes 16 levels, no more, and so stays linear', () => {
  const deep = (levels: number): string => 'nest://{'.repeat(levels - 1) + 'x' + '}'.repeat(levels - 1)
  assert.is(parseVnl(deep(16), () => VLAN).grammar, VLAN)
  assert.throws(() => parseVnl(deep(17), () => VLAN), /at character 129: found more than 16/)
  const start = performance.now()
  assert.throws(() => parseVnl(deep(50_000), () => VLAN), /more than 16/)
  assert.ok(performance.now() - start < 1000)
})

tree.run()

const near = suite('nearest')

for (const [typed, word] of [
  ['vd', 'vde'], ['vdee', 'vde'], ['dve', 'vde'], ['vxlam', 'vxlan'], ['vxvd', 'vxvde'], ['swicth', 'switch'], ['tap0', 'tap'], ['nothing', null],
  ['', null], ['x'.repeat(1e6), null], ['__proto__', null]
] as const) {
  near(`to ${typed.slice(0, 20)} is ${word}`, () => {
    assert.is(nearest(typed, ['vde', 'vxlan', 'vxvde', 'switch', 'hub', 'tap', 'cmd']), word)
  })
}

near.run()

const round = suite('formatVnl')

/** Numbers that can be repeated: a linear congruence. */
const numbers = (seed: number): (below: number) => number => {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

const ALPHABET = [...'ab3 =/[]{}\'"\\%\n:é😀'.normalize()]

const randomText = (pick: (below: number) => number, most: number): string =>
  Array.from({ length: pick(most) }, () => ALPHABET[pick(ALPHABET.length)]).join('')

for (const by of [VDE, VXVDE, AGNO, VLAN]) {
  round(`is read back: ${by.style}`, () => {
    const pick = numbers(42)
    for (let i = 0; i < 2000; i++) {
      const params = new Map<string, string>()
      for (const key of Object.keys(by.params)) if (pick(2) === 0) params.set(key, randomText(pick, 8))
      const tail: Omit<Tail, 'innerAt'> = { path: randomText(pick, 12), params, inner: by.style.startsWith('nested') ? 'vde://x[a]' : '' }
      const { scheme, tail: text } = splitScheme(formatVnl(tail, by))
      assert.is(scheme, 'net')
      const back = parseTail(text, by)
      assert.equal([back.path, [...back.params], back.inner], [tail.path, [...params], tail.inner])
    }
  })
}

round('writes what people write', () => {
  assert.is(formatVnl({ path: '/tmp/sw', params: new Map([['', '3'], ['mode', '660']]), inner: '' }, VDE), 'net:///tmp/sw[3/mode=660]')
  assert.is(formatVnl({ path: '', params: new Map([['v4', '']]), inner: '' }, VXVDE), 'net:///v4')
  assert.is(formatVnl({ path: '5', params: new Map([['qinq', '']]), inner: 'a://b' }, VLAN), 'net://5/qinq{a://b}')
})

round('refuses what cannot be read back', () => {
  assert.throws(() => formatVnl({ path: '', params: new Map([['', 'po']]), inner: '' }, VDE), /positional parameter "po"/)
  assert.throws(() => formatVnl({ path: '', params: new Map([['v', '']]), inner: '' }, VXVDE), /found key "v"/)
  assert.throws(() => formatVnl({ path: 'a\0', params: new Map(), inner: '' }, VDE), /NUL/)
})

round.run()

const random = suite('random text')

random('gives a tail or a SyntaxError, never anything else', () => {
  const pick = numbers(7)
  for (let i = 0; i < 20_000; i++) {
    const text = randomText(pick, 30)
    for (const by of [VDE, VXVDE, AGNO, VLAN]) {
      try {
        splitScheme(text)
        parseTail(text, by)
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
      }
    }
  }
})

random('time is linear in the length', () => {
  const time = (text: string, by: TailGrammar): number => {
    let best = Infinity
    for (let i = 0; i < 3; i++) {
      const start = performance.now()
      try { parseTail(text, by) } catch { /* a refusal takes its time too */ }
      best = Math.min(best, performance.now() - start)
    }
    return best
  }
  for (const unit of ["'", '"a', '\\', '%4', '%41', '[', ']', '{', '}', '/', '/v=1', '{]', 'a']) {
    for (const by of [VDE, VXVDE, AGNO, VLAN]) {
      const short = time(`[{${unit.repeat(2e4)}}]`, by)
      const long = time(`[{${unit.repeat(16e4)}}]`, by)
      // Eight times the text; a quadratic parser takes 64 times. Below 5 ms noise decides.
      assert.ok(long < Math.max(5, short) * 24, `${unit} ${by.style}: ${short} ms, then ${long} ms`)
    }
  }
})

random.run()

const values = suite('values')

for (const [text, size] of [['0', 0], ['10', 10], ['64K', 65536], ['2m', 2097152], ['1G', 2 ** 30], ['1T', 2 ** 40], ['1KK', 2 ** 20]] as const) {
  values(`parseSize ${text}`, () => { assert.is(parseSize(text, 'rcvbuf'), size) })
}

for (const text of ['', 'K', '1x', '-1', '1.5K', '9999999T', ' 1']) {
  values(`parseSize refuses "${text}"`, () => { assert.throws(() => parseSize(text, 'rcvbuf'), /^Cannot read rcvbuf: found "/) })
}

for (const [text, mode] of [['0', 0], ['660', 0o660], ['0660', 0o660], ['02770', 0o2770], ['0000777', 0o777]] as const) {
  values(`parseMode ${text}`, () => { assert.is(parseMode(text, 'mode'), mode) })
}

for (const text of ['', '8', '12345', '0o7', 'rw', '-7']) {
  values(`parseMode refuses "${text}"`, () => { assert.throws(() => parseMode(text, 'mode'), /want permissions in octal/) })
}

values('parseNumber takes its range only', () => {
  assert.equal([parseNumber('1', 'port', 1, 9), parseNumber('-3', 'port', -3, 9)], [1, -3])
  for (const text of ['0', '10', '', '1e0', '0x1', ' 1', '1 ']) assert.throws(() => parseNumber(text, 'port', 1, 9), /want a number in 1\.\.9/)
})

for (const [text, want] of [
  ['0', 0], ['12', 12], ['+7', 7], ['-3', -3], ['0x1F', 31], ['017', 15], ['08', NaN], ['', NaN], ['1e3', NaN], [' 5', 5], ['5x', NaN], ['0x', NaN]
] as const) {
  values(`parseCNumber of '${text}' is ${want}`, () => { assert.is(Object.is(parseCNumber(text), want), true) })
}

values.run()
