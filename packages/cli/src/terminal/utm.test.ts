import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Machine, parseScript, type Conversation } from './utm.ts'

interface Held extends Conversation { sent: string }

/** Holds the conversation with somebody who says `heard`, then nothing. */
const hold = async (script: string, heard: string, words: readonly string[] = []): Promise<Held> => {
  let at = 0
  let sent = ''
  const machine = new Machine(parseScript(script), words, async () => heard[at++] ?? null, (text) => { sent += text }, () => {})
  return { ...await machine.run(), sent }
}

/** Waits for the prompt, sends the command, keeps the data, ends with the status. */
const COMMAND = `# not a state
TIMEOUT 1000
10 IN '$ ' 200
20 SEND '$*\\n'
30 THROW
40 IN '\\n' 200
50 IF '0000 DATA' 80
60 IF '1' 120
70 GOTO 30
80 THROW
90 IN '\\n' 200
100 IF '.\\n' 30
110 COPY
115 GOTO 80
120 SKIP 1
130 EXITATOI
200 EXIT -1`

const test = suite('utm')

test('reads states in rising order, escapes and the time-out', () => {
  const { states, timeoutMs } = parseScript("9 EXIT 2\nTIMEOUT 5\n 3 SEND 'a\\n\\t\\'b' \n4 NOSUCH 1\nx IN 'y' 1\n3 THROW\n")
  assert.is(timeoutMs, 5)
  assert.equal(states.map(({ number, command }) => [number, command]), [[3, 'THROW'], [9, 'EXIT']])
  assert.is(parseScript("1 SEND 'a\\n\\t\\f\\'b'").states[0].text, "a\n\t\f'b")
  assert.is(parseScript('').timeoutMs, 10_000)
})

test('holds a whole conversation', async () => {
  const heard = 'hello\n\nvde$ 0000 DATA END\nNumports=32\nHUB=false\n.\n1000 Success\n'
  assert.equal(await hold(COMMAND, heard, ['port/showinfo']), { status: 0, output: 'Numports=32\nHUB=false\n', sent: 'port/showinfo\n' })
  assert.equal(await hold(COMMAND, 'vde$ 1017 File exists\n', ['port/create', '3']), { status: 17, output: '', sent: 'port/create 3\n' })
})

test('goes where IN says when nothing comes', async () => {
  assert.is((await hold(COMMAND, 'vde$ 0000 DATA\nhalf')).status, 255)
})

const ROWS: ReadonlyArray<readonly [what: string, script: string, words: string[], want: Partial<Held>]> = [
  ['words by number', "1 SEND '$1-$2-$0-$9'", ['a', 'b'], { sent: 'a-b-a b-' }],
  ['SHIFT and IFARG', "1 SEND '$1,'\n2 SHIFT\n3 IFARG 1\n4 EXIT 7", ['a', 'b', 'c'], { sent: 'a,b,c,', status: 7 }],
  ['RVATOI in a base', "1 IN '.' 9\n2 SKIP 1\n3 RVATOI 8\n4 EXITRV", [], { status: 0o21 }],
  ['an unknown command is passed over', '1 NOSUCH\n2 EXIT 3', [], { status: 3 }],
  ['the end of the script', "1 SEND 'x'", [], { status: 0 }],
  ['a jump between states', '1 GOTO 5\n3 EXIT 1\n7 EXIT 2', [], { status: 2 }]
]
for (const [what, script, words, want] of ROWS) {
  test(what, async () => {
    const held = await hold(script, '3021.', words)
    for (const [key, value] of Object.entries(want)) assert.is(held[key as keyof Held], value)
  })
}

test.run()
