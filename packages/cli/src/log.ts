/** Developers' logs: `DEBUG=vde:switch vde_switch …`. Off, a call costs one comparison. */
import createDebug from 'debug'
import { format } from 'node:util'
import { isatty } from 'node:tty'
import { writeAll } from './stderr.ts'

// debug looks at process.stderr for colours, and writes through it. Its mere creation sets O_NONBLOCK on a pipe that
// others share.
const options = (createDebug as unknown as { inspectOpts: Record<string, unknown> }).inspectOpts
options['colors'] ??= isatty(2)
createDebug.log = (...args: unknown[]) => { writeAll(2, `${format(...args)}\n`) }

/** The log of one part; its namespace is `vde:` and the part's name. */
export const debugLog = (part: string): createDebug.Debugger => createDebug(`vde:${part}`)
