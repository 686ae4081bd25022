/** vdenet: where the text that a command makes goes. */
import { writeFileSync } from 'node:fs'
import { fileError } from '@vde-ts/link/socket-file.js'
import { print } from '../stdout.ts'

/** Writes a file. @throws {VdeError} it cannot be written */
export const save = (path: string, text: string): void => {
  try {
    writeFileSync(path, text)
  } catch (error) { throw fileError(error, `write "${path}"`) }
}

/** The same; without a path the text goes to standard output. @throws {VdeError} */
export const saveOrPrint = (path: string | undefined, text: string): void => {
  if (path === undefined) print(text)
  else save(path, text)
}
