/** For tests: a FUSE file system that answers everything but the close of its file, which then blocks for ever. */
import { closeSync, openSync } from 'node:fs'
import { namespaceObstacle } from './testing.ts'

/** Serves the one file `f`, as JavaScript (CommonJS). argv: descriptor of /dev/fuse. Numbers of operations: linux/fuse.h. */
export const DEAD_FILES: string = `
const fs = require('fs'), fd = Number(process.argv[2]), buf = Buffer.alloc(1 << 17)
const attr = (b, at, mode) => { b.writeUInt32LE(mode, at + 60); b.writeUInt32LE(1, at + 64) }
const reply = (id, body) => { const b = Buffer.alloc(16 + body.length); b.writeUInt32LE(b.length, 0); b.writeBigUInt64LE(id, 8)
  body.copy(b, 16); fs.writeSync(fd, b) }
for (;;) {
  try { fs.readSync(fd, buf, 0, buf.length) } catch (e) { if (e.code === 'EINTR' || e.code === 'ENOENT') continue; process.exit() }
  const op = buf.readUInt32LE(4), id = buf.readBigUInt64LE(8), isRoot = buf.readBigUInt64LE(16) === 1n
  const body = Buffer.alloc(op === 1 ? 128 : op === 3 ? 104 : op === 14 ? 16 : 64)
  if (op === 1) { body.writeBigUInt64LE(2n, 0); attr(body, 40, 0o100644); reply(id, body) } // LOOKUP
  if (op === 3) { attr(body, 16, isRoot ? 0o40755 : 0o100644); reply(id, body) } // GETATTR
  if (op === 14) reply(id, body) // OPEN
  if (op === 26) { body.writeUInt32LE(7, 0); body.writeUInt32LE(31, 4); body.writeUInt32LE(65536, 20); body.writeUInt32LE(1, 24); reply(id, body) } // INIT
}`

/** Why it cannot be had here, or null. */
export const fuseObstacle = (): string | null => {
  try { closeSync(openSync('/dev/fuse', 'r+')) } catch { return '/dev/fuse cannot be opened' }
  return namespaceObstacle()
}
