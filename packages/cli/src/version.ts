import { VERSION } from '@vde-ts/console/version.js'

/** The version every command shows, in the shape scripts look for: `VDE ` and the number. */
export const VERSION_TEXT: string = `VDE ${VERSION}`
