/** Developers' logs: `DEBUG=vde:switch vde_switch …`. Off, a call costs one comparison. */
import createDebug from 'debug'
import { format } from 'node:util'
import { writeAll } from './stderr.ts'

// debug writes through process.stderr, which sets O_NONBLOCK on pipes shared with others.
createDebug.log = (...args: unknown[]) => { writeAll(2, `${format(...args)}\n`) }

/** The log of one part; its namespace is `vde:` and the part's name. */
export const debugLog = (part: string): createDebug.Debugger => createDebug(`vde:${part}`)
