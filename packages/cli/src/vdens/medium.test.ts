import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { mediumFor } from './medium.ts'

const medium = suite('mediumFor')

const chosen = (isPacket: boolean, device: string): readonly [string, string[]] => {
  const lines: string[] = []
  return [mediumFor(isPacket, (line) => { lines.push(line) }, device), lines]
}

medium('TAPs where the device opens, packet sockets where they are asked for: nothing to say', () => {
  assert.equal(chosen(false, '/dev/null'), ['tap', []])
  assert.equal(chosen(true, '/dev/null'), ['packet', []])
})

medium('a missing device: packet sockets, and one line', () => {
  assert.equal(chosen(false, '/dev/no-such-tun'), ['packet', ['/dev/no-such-tun is missing: using packet sockets (--packet)']])
  assert.equal(chosen(true, '/dev/no-such-tun'), ['packet', []])
})

medium('one that is closed to the user', () => {
  if (process.geteuid!() === 0) return
  const dir = mkdtempSync(join(tmpdir(), 'medium-'))
  const device = join(dir, 'tun')
  writeFileSync(device, '')
  chmodSync(device, 0)
  assert.equal(chosen(false, device), ['packet', [`${device} is not for this user: using packet sockets (--packet)`]])
  rmSync(dir, { recursive: true })
})

medium.run()
