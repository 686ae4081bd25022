import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planPipes, type Plan } from './plan.ts'
import { UsageError } from '../command.ts'

const plans = suite('planPipes')

/** Who writes to whom: `A.1>B.0`, every pipe once, sorted. */
const wires = (plan: Plan): string => {
  const writer = new Map<number, string>()
  const reader = new Map<number, string>()
  const put = (map: Map<number, string>, pipe: number, end: string): void => {
    if (pipe < 0) return
    assert.not.ok(map.has(pipe), `pipe ${pipe} has two ends of a kind`)
    map.set(pipe, end)
  }
  for (const { argv: [name], input, output, alternateInput, alternateOutput } of plan.commands) {
    put(reader, input, `${name}.0`)
    put(writer, output, `${name}.1`)
    put(reader, alternateInput, `${name}.3`)
    put(writer, alternateOutput, `${name}.4`)
  }
  assert.is(reader.size, plan.pipes)
  assert.is(writer.size, plan.pipes)
  return [...writer].map(([pipe, end]) => `${end}>${reader.get(pipe)}`).sort().join(' ')
}

// Each line as the C program wires it (seen in /proc/PID/fd of the commands).
const TABLE: ReadonlyArray<readonly [string, string]> = [
  ['A = B', 'A.1>B.0 B.1>A.0'],
  ['A = B = C', 'A.1>B.0 B.1>A.0 B.4>C.0 C.1>B.3'],
  ['A = B = C = D', 'A.1>B.0 B.1>A.0 B.4>C.0 C.1>B.3 C.4>D.0 D.1>C.3'],
  ['A =} B }= C', 'A.1>B.0 B.1>C.0 C.1>A.0'],
  ['A ={ B {= C', 'A.1>C.0 B.1>A.0 C.1>B.0'],
  ['A =} B }=} C }= D', 'A.1>B.0 B.1>C.0 C.1>D.0 D.1>A.0'],
  ['A =} B = C }= D', 'A.1>B.0 B.1>C.0 C.1>D.0 D.1>A.0'],
  ['A =} B }={ C {= D', 'A.1>B.0 B.1>D.0 C.1>A.0 D.1>C.0'],
  ['A =} B }={ C {= D = E', 'A.1>B.0 B.1>D.0 C.1>A.0 D.1>C.0 D.4>E.0 E.1>D.3'],
  ['A =} B ={ C {= D }= E', 'A.1>B.0 B.1>D.0 C.1>A.0 D.1>E.0 E.1>C.0'],
  ['A = B =} C }= D', 'A.1>B.0 B.1>A.0 B.4>C.0 C.1>D.0 D.1>B.3']
]
for (const [line, want] of TABLE) {
  plans(`wires ${line}`, () => { assert.is(wires(planPipes(line.split(' '))), want) })
}

plans('keeps the words of each command', () => {
  const { commands } = planPipes(['vde_plug', '-p', 'f', '=', 'ssh', '-p', '22', 'h', 'a=b', '{}', 'b='])
  assert.equal(commands.map((c) => c.argv), [['vde_plug', '-p', 'f'], ['ssh', '-p', '22', 'h', 'a=b', '{}', 'b=']])
})

for (const [line, message] of [
  ['A', /one command found/], ['', /./], ['A =', /command 2 is empty/], ['= A', /command 1 is empty/], ['A = = B', /command 2 is empty/],
  ['A =} B', /=} is not closed/], ['A }= B', /'}=': it closes no =}/], ['A =} B {= C', /'{=': it closes no ={/],
  ['A =} B ={ C }= D', /it closes no =}/], ['A =foo B', /'=foo': want one of/], ['A == B', /'==': want one of/], ['A =} B }=} C', /not closed/]
] as const) {
  plans(`refuses '${line}'`, () => {
    assert.throws(() => planPipes(line === '' ? [] : line.split(' ')), (e: Error) => e instanceof UsageError && message.test(e.message))
  })
}

plans.run()
