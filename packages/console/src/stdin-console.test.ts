import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { native } from '@vde-ts/native'
import { loop } from '@vde-ts/link'
import { StdinConsole } from './stdin-console.ts'
import { makeBench, type Bench } from './testing.ts'

interface World { bench: Bench, input: number, feed: number, output: number, drain: number }

const test = suite<World>('StdinConsole in pipes')

test.before.each((world) => {
  const pair = new Int32Array(2)
  native.pipe(pair, false)
  ;[world.input, world.feed] = pair
  native.pipe(pair, false)
  ;[world.drain, world.output] = pair
  world.bench = makeBench()
})

test.after.each(({ bench, input, feed, output, drain }) => {
  for (const fd of [input, feed, output, drain]) native.close(fd)
  bench.close()
  assert.equal(bench.defects, [])
})

const write = (fd: number, text: string): void => { native.write(fd, Buffer.from(text), 0, Buffer.byteLength(text)) }

/** Everything said until the console ended. */
const listen = async (world: World, onStart: () => void, isPromptingPipes = false): Promise<[why: string, text: string]> => {
  const { bench, input, output, drain } = world
  const parts: string[] = []
  const bytes = Buffer.alloc(4096)
  const read = (): void => {
    const length = native.read(drain, bytes, 0, bytes.length)
    parts.push(bytes.toString('utf8', 0, Math.max(length, 0)))
  }
  const why = await new Promise<string>((resolve) => {
    loop.add(drain, 1, { onReady: read })
    const stdin = new StdinConsole({ console: bench.console, loop, input, output, isPromptingPipes, onEnd: resolve })
    assert.ok(stdin)
    onStart()
  })
  loop.remove(drain)
  while ((native.poll(drain, 1, 0) & 1) !== 0) read()
  return [why, parts.join('')]
}

test('replies without prompt or echo, ends with its input', async (world) => {
  const said = listen(world, () => {
    write(world.feed, 'port/create 3\n#c\n\nlogout\nport/create 3')
    native.close(world.feed)
  })
  assert.equal(await said, ['end', '1000 Success\n1017 File exists\n'])
})

test('where programs wait for it a prompt follows each reply, and none stands in front', async (world) => {
  const said = listen(world, () => {
    write(world.feed, 'port/create 3\nnonsense\n')
    native.close(world.feed)
  }, true)
  assert.equal(await said, ['end', '1000 Success\n\nvde$ 1038 Function not implemented\n\nvde$ '])
})

test('shutdown ends it at once', async (world) => {
  assert.equal(await listen(world, () => { write(world.feed, 'port/create 3\nshutdown\nport/create 4\n') }), ['shutdown', '1000 Success\n'])
  assert.equal(world.bench.sw.ports().map((port) => port.number), [3])
})

test('gives a long reply whole through a pipe of 64 KiB', async (world) => {
  world.bench.sw.createPort(1)
  for (let i = 0; i < 5000; i++) world.bench.sw.hash.add(0x0200, i, 0, 1)
  const [why, text] = await listen(world, () => {
    write(world.feed, 'hash/print\n')
    native.close(world.feed)
  })
  assert.is(why, 'end')
  assert.is(text.split('\n').length, 5004)
})

test.run()
