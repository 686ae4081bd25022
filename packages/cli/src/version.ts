/** The version every command shows, in the shape scripts look for: `VDE ` and the number. */
export const VERSION_TEXT = 'VDE 0.1.0'
