import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { giveChunk, spareOctets, takeChunk, type Chunk } from './chunk-pool.ts'
import { until } from './testing.ts'

const pool = suite('chunk pool')

pool('takeChunk answers the smallest size that has room, and the largest for more', () => {
  const sizes = [1, 1024, 1025, 4097, 16_385, 67_584, 1_000_000].map((octets) => {
    const chunk = takeChunk(octets)
    giveChunk(chunk)
    return chunk.buf.length
  })
  assert.equal(sizes, [1024, 1024, 4096, 16_384, 67_584, 67_584, 67_584])
})

pool('a chunk that comes back is handed out again, empty', () => {
  const chunk = takeChunk(2000)
  chunk.first = 3
  chunk.end = 5
  chunk.free = 300
  chunk.next = chunk
  giveChunk(chunk)
  const again = takeChunk(2000)
  assert.is(again, chunk)
  assert.equal([again.first, again.end, again.free, again.next], [0, 0, 0, null])
  giveChunk(again)
})

pool('what a burst left is let go by and by', async () => {
  const burst: Chunk[] = []
  for (let i = 0; i < 4096; i++) burst.push(takeChunk(1024))
  for (const chunk of burst) giveChunk(chunk)
  const after = spareOctets()
  assert.ok(after >= 4 * 1024 * 1024, `${after} octets spare`)
  await until(() => spareOctets() <= after / 2, 'the spare chunks to go')
})

pool.run()
