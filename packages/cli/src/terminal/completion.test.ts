import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandsOf, complete } from './completion.ts'

const HELP = [
  'COMMAND PATH       SYNTAX          HELP',
  '------------       --------------  ------------',
  'ds                 ============    DATA SOCKETS',
  'ds/showinfo                        show where',
  'help               [arg]           list',
  'port               ============    PORTS',
  'port/create        N               make',
  'port/createauto                    make'
]
const COMMANDS = ['ds/showinfo', 'help', 'port/create', 'port/createauto']

const test = suite('completion')

test('learns commands from help, without headings', () => { assert.equal(commandsOf(HELP), COMMANDS) })
test('learns nothing from nothing', () => { assert.equal(commandsOf([]), []) })

const ROWS: ReadonlyArray<readonly [line: string, hits: string[], part: string]> = [
  ['', COMMANDS, ''],
  ['po', ['port/create', 'port/createauto'], 'po'],
  ['ds', ['ds/showinfo '], 'ds'],
  ['  he', ['help '], 'he'],
  ['help port/createa', ['port/createauto '], 'port/createa'],
  ['zz', [], 'zz'],
  ['port/create 1', [], 'port/create 1']
]
for (const [line, hits, part] of ROWS) {
  test(`completes ${JSON.stringify(line)}`, () => { assert.equal(complete(COMMANDS, line), [hits, part]) })
}

test.run()
