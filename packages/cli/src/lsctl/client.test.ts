import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { statusOf } from './client.ts'

const answers = suite('statusOf')

/** What lsctld sent, what is printed of it, and whether the script came to its end. */
const ANSWERS: ReadonlyArray<readonly [answer: string, text: string, isDone: boolean]> = [
  ['0\n', '', true], ['1\n', '', false], ['hello\n0\n', 'hello\n', true], ['0\n1\n', '0\n', false], ['no\n    in line 1\n1\n', 'no\n    in line 1\n', false],
  ['', '', false], ['cut of', 'cut of', false], ['10\n', '10\n', false], ['a\n0', 'a\n0', false]
]
for (const [answer, text, isDone] of ANSWERS) {
  answers(JSON.stringify(answer), () => {
    assert.equal(statusOf(answer), { text, isDone })
  })
}
answers.run()
