/** Where the commands of this suite are, which programs in nodes find first. */
import { dirname } from 'node:path'

/** In the environment of a daemon: where the command that started it was typed, and others of this suite are. */
export const COMMANDS_VARIABLE = 'VDE_TS_COMMANDS'

/** Directory of this suite's commands. A node keeps it in sight, with what they were installed with. */
export const commandsDir: string = process.env[COMMANDS_VARIABLE] ?? dirname(process.argv[1] ?? '/')
