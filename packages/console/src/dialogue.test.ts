import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { VdeError } from '@vde-ts/link'
import { CommandTable, type Row } from './command.ts'
import { Console } from './console.ts'
import { Dialogue, MAX_EVENTS, type DialogueOptions } from './dialogue.ts'
import { EventHub } from './events.ts'
import { debugCommands, generalCommands } from './general-commands.ts'
import { MAX_LINE } from './lines.ts'

interface World { ran: string[] }

const rows: Array<Row<World>> = [
  { path: 'put', syntax: 'N', help: 'put', run: ({ ran }, args) => { ran.push(args.words.join(' ')) } },
  { path: 'put/more', syntax: '', help: 'more', run: ({ ran }) => { ran.push('more') } },
  { path: 'lines', syntax: 'N', help: 'N lines', output: 'data', * run (_, args) { for (let i = 0; i < args.int(0, 'N'); i++) yield `line ${i}` } },
  { path: 'dot', syntax: '', help: 'a dot', output: 'data', run: () => ['.', 'a\n.\n1000 Success\u001b[2J'] },
  {
    path: 'half',
    syntax: '',
    help: 'fails half way',
    output: 'data',
    * run () {
      yield 'first'
      throw new VdeError('ENOSPC', 'go on', 'no room')
    }
  },
  {
    path: 'stream',
    syntax: 'PREFIX',
    help: 'a stream',
    output: 'raw',
    wantsSession: true,
    isStream: true,
    run (_, args, { console, subscriber }) {
      console.events.subscribe(subscriber!, args.word(0, 'PREFIX'))
      subscriber!.becomeStream?.()
      return ['begin\n']
    }
  },
  { path: 'bug', syntax: '', help: 'our mistake', output: 'data', run: () => { throw new TypeError('oops') } },
  {
    path: 'items',
    syntax: '',
    help: 'items',
    output: 'data',
    run: () => [],
    * json (_, args) { for (let i = 0; i < args.int(0, 'N'); i++) yield { i, text: '\u009b' } }
  }
]

const SPOKEN: DialogueOptions = { isGreeting: true, isPrompting: true, mayLogout: true, hasPause: true }
const PROMPT = '\nvde$ '

const make = (options: DialogueOptions = SPOKEN) => {
  const world: World = { ran: [] }
  const events = new EventHub()
  const topic = events.add({ path: 'port/+', tag: 0o21, help: 'x' })
  const defects: unknown[] = []
  const console = new Console({
    table: new CommandTable<World>(generalCommands('thing'), debugCommands(), rows),
    context: world,
    banner: 'BANNER\n',
    prompt: 'vde$ ',
    events,
    onDefect: (error) => { defects.push(error) }
  })
  const dialogue = new Dialogue(console, options, () => {})
  const say = (text: string): void => { dialogue.push(Buffer.from(text), 0, Buffer.byteLength(text)) }
  const hear = (): string => {
    let text = ''
    for (let piece = dialogue.next(); piece !== null; piece = dialogue.next()) text += piece
    return text
  }
  const ask = (text: string): string => {
    say(text)
    return hear()
  }
  return { world, topic, dialogue, say, hear, ask, defects }
}

const test = suite('Dialogue')

test('greets with banner and prompt', () => {
  assert.is(make().hear(), 'BANNER\n\nvde$ ')
  assert.is(make({ ...SPOKEN, isGreeting: false }).hear(), PROMPT)
  assert.is(make({ ...SPOKEN, isGreeting: false, isPrompting: false }).hear(), '')
})

const REPLIES: ReadonlyArray<readonly [line: string, reply: string]> = [
  ['put 1\n', '1000 Success\n\nvde$ '],
  ['  put   1\t2 \r\n', '1000 Success\n\nvde$ '],
  ['\n', PROMPT],
  ['   \n', PROMPT],
  ['# put 1\n', PROMPT],
  ['  #x\n', PROMPT],
  ['puts\n', '1038 Function not implemented\n\nvde$ '],
  ['put/\n', '1038 Function not implemented\n\nvde$ '],
  ['debug\n', '1038 Function not implemented\n\nvde$ '],
  ['PUT\n', '1038 Function not implemented\n\nvde$ '],
  ['__proto__\n', '1038 Function not implemented\n\nvde$ '],
  ['lines 2\n', "0000 DATA END WITH '.'\nline 0\nline 1\n.\n1000 Success\n\nvde$ "],
  ['lines\n', "0000 DATA END WITH '.'\n.\n1022 Invalid argument\n\nvde$ "],
  ['lines 02\n', "0000 DATA END WITH '.'\nline 0\nline 1\n.\n1000 Success\n\nvde$ "],
  ['lines 0x1\n', "0000 DATA END WITH '.'\nline 0\n.\n1000 Success\n\nvde$ "],
  ['lines 1e1\n', "0000 DATA END WITH '.'\n.\n1022 Invalid argument\n\nvde$ "],
  ['half\n', "0000 DATA END WITH '.'\nfirst\n.\n1028 No space left on device\n\nvde$ "],
  ['dot\n', "0000 DATA END WITH '.'\n\\x2e\na\\x0a.\\x0a1000 Success\\x1b[2J\n.\n1000 Success\n\nvde$ "],
  ['items 2 --json\n', `0000 DATA END WITH '.'\n[{"i":0,"text":"\\u009b"},{"i":1,"text":"\\u009b"}]\n.\n1000 Success\n${PROMPT}`],
  ['items --json\n', "0000 DATA END WITH '.'\n.\n1022 Invalid argument\n\nvde$ "],
  ['lines 2 --json\n', "0000 DATA END WITH '.'\n.\n1022 Invalid argument\n\nvde$ "],
  ['debug/add zz\n', '1022 Invalid argument\n\nvde$ '],
  ['debug/del port\n', '1002 No such file or directory\n\nvde$ '],
  [`${'x'.repeat(MAX_LINE + 1)}\n`, '1007 Argument list too long\n\nvde$ ']
]

for (const [line, reply] of REPLIES) {
  test(`answers ${JSON.stringify(line.slice(0, 30))}`, () => {
    const { hear, ask } = make()
    hear()
    assert.is(ask(line), reply)
  })
}

test('why tells the reason of the last refusal of its own session, which a success leaves', () => {
  const { hear, ask } = make()
  const other = make()
  hear()
  other.hear()
  assert.is(ask('why\n'), `0000 DATA END WITH '.'\n.\n1000 Success\n${PROMPT}`)
  ask('puts 1\nput 1\n')
  assert.is(ask('why\n'), `0000 DATA END WITH '.'\nCannot run "puts": there is no such command, see help\n.\n1000 Success\n${PROMPT}`)
  assert.is(ask('why --json\n'),
    `0000 DATA END WITH '.'\n{"line":"puts 1","errno":38,"message":"Cannot run \\"puts\\": there is no such command, see help"}\n.\n1000 Success\n${PROMPT}`)
  ask('lines 1e1\x1b[2J\n')
  assert.match(ask('why\n'), /\nCannot read .*"1e1\\x1b\[2J", want a whole number\n\.\n1000/)
  assert.is(other.ask('why\n'), `0000 DATA END WITH '.'\n.\n1000 Success\n${PROMPT}`)
})

test('answers pipelined lines one by one, in order', () => {
  const { hear, ask, world } = make()
  hear()
  assert.is(ask('put 1\nlines 1\nput 2\n'), `1000 Success\n${PROMPT}0000 DATA END WITH '.'\nline 0\n.\n1000 Success\n${PROMPT}1000 Success\n${PROMPT}`)
  assert.equal(world.ran, ['1', '2'])
})

test('executes a line only after the reply before it was taken', () => {
  const { say, dialogue, hear, world } = make()
  hear()
  say('put 1\nput 2\n')
  dialogue.next()
  assert.equal(world.ran, ['1'])
})

test('executes an unfinished line at the end of the input', () => {
  const { say, hear, world, dialogue } = make()
  say('put 1\nput 2')
  hear()
  assert.equal(world.ran, ['1'])
  dialogue.finish()
  hear()
  assert.equal(world.ran, ['1', '2'])
  assert.is(dialogue.ended, 'end')
})

test('executes a lone unfinished command after a pause', () => {
  const { say, hear, world, dialogue } = make()
  hear()
  say('put 12')
  assert.ok(dialogue.wantsPause)
  dialogue.pause()
  assert.is(hear(), '1000 Success\n\nvde$ ')
  assert.equal(world.ran, ['12'])
  say('put 13\n')
  hear()
  assert.equal(world.ran, ['12', '13'])
})

for (const [what, parts] of [['typed', ['p', 'u', 't', ' ', '1']], ['cut', ['put 1\nput 1']], ['unknown', ['remove 1']]] as const) {
  test(`a pause does not execute what was ${what}`, () => {
    const { say, hear, dialogue, world } = make()
    for (const part of parts) say(part)
    hear()
    const before = world.ran.length
    assert.not.ok(dialogue.wantsPause)
    dialogue.pause()
    hear()
    say('2\n')
    hear()
    const rest = what === 'unknown' ? [] : ['12']
    assert.equal(world.ran.slice(before), rest)
  })
}

test('logout ends the session, and drops what follows', () => {
  const { hear, ask, dialogue, world } = make()
  hear()
  assert.is(ask('logout\nput 1\n'), '9999 END OF SESSION')
  assert.is(dialogue.ended, 'logout')
  assert.equal(world.ran, [])
})

test('logout does nothing where it may not', () => {
  const { ask, dialogue, world } = make({ isGreeting: false, isPrompting: false, mayLogout: false, hasPause: false })
  assert.is(ask('logout\nput 1\n'), '1000 Success\n')
  assert.is(dialogue.ended, null)
  assert.equal(world.ran, ['1'])
})

test('shutdown is told apart', () => {
  const { hear, ask, dialogue } = make()
  hear()
  ask('shutdown\n')
  assert.is(dialogue.ended, 'shutdown')
})

test('events come between replies, never inside', () => {
  const { hear, ask, say, topic, dialogue } = make()
  hear()
  ask('debug/add port\n')
  topic.publish('01')
  assert.is(hear(), '3021 port/+ 01\n')
  say('lines 3000\n')
  const first = dialogue.next()
  topic.publish('02\n.')
  const text = first + hear()
  assert.ok(text.endsWith('.\n1000 Success\n\nvde$ 3021 port/+ 02\\x0a.\n'))
  assert.is(text.split('\n').filter((line) => line.startsWith('line ')).length, 3000)
})

test('a stream of events: JSON, no prompt, no more commands, losses told', () => {
  const { hear, ask, topic, dialogue } = make()
  hear()
  assert.is(ask('stream port\n'), 'begin\n')
  topic.publish('01', { port: 1 })
  assert.is(hear(), '{"event":"port/+","port":1}\n')
  assert.is(ask(`${'lines 3\n'.repeat(20_000)}shutdown\n`), '')
  for (let i = 0; i < MAX_EVENTS + 5; i++) topic.publish('')
  assert.is(hear().split('\n').at(-2), '{"event":"lost","count":5}')
  dialogue.finish()
  assert.is(hear(), '')
  assert.is(dialogue.ended, 'end')
})

test('events nobody takes are bounded and counted', () => {
  const { hear, ask, topic, dialogue } = make()
  hear()
  ask('debug/add\n')
  for (let i = 0; i < MAX_EVENTS + 5; i++) topic.publish(`${i}`)
  const lines = hear().split('\n')
  assert.is(lines.length, MAX_EVENTS + 2)
  assert.is(lines.at(-2), '3000 debug/lost 5')
  dialogue.close()
  assert.not.ok(topic.isWanted)
})

test('an exception of ours is answered and reported', () => {
  const { hear, ask, defects } = make()
  hear()
  assert.is(ask('bug\n'), "0000 DATA END WITH '.'\n.\n1005 Input/output error\n\nvde$ ")
  assert.is(defects.length, 1)
})

test('debug/list shows what this session has', () => {
  const { hear, ask } = make()
  hear()
  ask('debug/add\n')
  assert.is(ask('debug/list\n'), "0000 DATA END WITH '.'\nCATEGORY               TAG STATUS HELP\n" +
    '------------           --- ------ ----\nport/+                 021 ON     x\n.\n1000 Success\n\nvde$ ')
  assert.is(ask('debug/add\n'), '1017 File exists\n\nvde$ ')
})

test.run()
