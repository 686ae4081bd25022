import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ReplyParser, type ConsoleEvent, type Reply } from './reply-parser.ts'

const GREETING = 'VDE switch V.2.3.2\n(C) someone\n\nvde$ '

interface Heard { greeting: readonly string[], prompt: string, replies: Reply[], events: ConsoleEvent[] }

const parse = (parts: readonly string[], isEnd = false): Heard => {
  const heard: Heard = { greeting: [], prompt: '', replies: [], events: [] }
  const parser = new ReplyParser({
    onGreeting: (lines, prompt) => { Object.assign(heard, { greeting: lines, prompt }) },
    onReply: (reply) => { heard.replies.push(reply) },
    onEvent: (event) => { heard.events.push(event) }
  })
  for (const part of parts) parser.push(part)
  if (isEnd) parser.end()
  return heard
}

const DATA = "0000 DATA END WITH '.'\n"

const test = suite('ReplyParser')

test('learns the prompt from the greeting', () => {
  const { greeting, prompt } = parse([GREETING])
  assert.equal(greeting, ['VDE switch V.2.3.2', '(C) someone'])
  assert.is(prompt, 'vde$ ')
  assert.is(parse(['wirefilter\n\nVDEwf$ ']).prompt, 'VDEwf$ ')
})

test('reads data, status and their absence', () => {
  const [one] = parse([GREETING, `${DATA}a\n\n b\n.\n1000 Success\n\nvde$ `]).replies
  assert.equal(one, { code: 0, text: 'Success', data: ['a', '', ' b'], lines: ['a', '', ' b'], isEnd: false })
  const [failed] = parse([GREETING, '1017 File exists\n\nvde$ ']).replies
  assert.is(failed.code, 17)
  assert.is(failed.text, 'File exists')
  const [empty] = parse([GREETING, '\nvde$ ']).replies
  assert.is(empty.code, -1)
})

test('reads the same at every split', () => {
  const text = `${GREETING}3021 port/+ 01\n${DATA}a\n.\n1000 Success\n\nvde$ `
  const want = parse([text])
  assert.is(want.replies.length, 1)
  for (let cut = 1; cut < text.length; cut++) assert.equal(parse([text.slice(0, cut), text.slice(cut)]), want)
  assert.equal(parse([...text]), want)
})

test('events come behind the prompt, before and inside a reply', () => {
  const { events, replies } = parse([GREETING, '3021 port/+ 01\n', `3011 hash/+ x\n${DATA}3012 hash/- y\nz\n.\n1000 Success\n\nvde$ `])
  assert.equal(events, [
    { tag: 0o21, path: 'port/+', text: '01' }, { tag: 0o11, path: 'hash/+', text: 'x' }, { tag: 0o12, path: 'hash/-', text: 'y' }
  ])
  assert.equal(replies[0].data, ['z'])
})

test('a reply of load ends at its last status', () => {
  const { replies } = parse([GREETING, `vde[x]: a\n1000 Success\nvde[x]: b\n${DATA}1\n.\n1022 Invalid argument\n1000 Success\n\nvde$ `])
  assert.is(replies.length, 1)
  assert.is(replies[0].code, 0)
  assert.equal(replies[0].lines, ['vde[x]: a', 'vde[x]: b', '1'])
})

test('the end of the session is a reply', () => {
  const { replies } = parse([GREETING, '9999 END OF SESSION'], true)
  assert.equal(replies, [{ code: 0, text: 'END OF SESSION', data: [], lines: [], isEnd: true }])
})

test.run()
