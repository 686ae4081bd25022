import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from '../command.ts'
import { requestOf, type Request } from './request.ts'
import { spec } from './spec.ts'

const PLAIN: Request = { name: 'tap0', network: '', port: 0, group: '', mode: 0 }
const ROWS: ReadonlyArray<readonly [argv: string[], want: Partial<Request>]> = [
  [['tap0'], {}],
  [['-s', '/tmp/sw', 'tap0'], { network: '/tmp/sw' }],
  [['tap0', '-s', '-'], { network: '-' }],
  [['-sock=/tmp/sw', 'tap0'], { network: '/tmp/sw' }],
  [['-p', '7', '-g', 'vde2-net', '-m', '660', 'tap0'], { port: 7, group: 'vde2-net', mode: 0o660 }],
  [['--mod', '0777', 'tap0'], { mode: 0o777 }],
  [['-d', '-P', '/run/x.pid', 'tap0'], { pidFile: '/run/x.pid' }]
]
const requests = suite('vde_plug2tap requests')
for (const [argv, want] of ROWS) {
  requests(JSON.stringify(argv), () => { assert.equal(requestOf(parse(spec, argv)), { ...PLAIN, ...want }) })
}
const REFUSED: ReadonlyArray<readonly [argv: string[], message: RegExp]> = [
  [['-d', '-s', '-', 'a'], /-s - wants/], [[], /0 interfaces/], [['a', 'b'], /2 interfaces/], [['-p', '0', 'a'], /--port "0"/], [['-p', '-3', 'a'], /--port "-3"/],
  [['-p', '65536', 'a'], /1 to 65535/], [['-p', 'x', 'a'], /--port "x"/], [['-m', '8', 'a'], /octal/], [['-m', '1777', 'a'], /octal/]
]
for (const [argv, message] of REFUSED) {
  requests(`${JSON.stringify(argv)} is refused`, () => { assert.throws(() => requestOf(parse(spec, argv)), message) })
}
requests.run()
