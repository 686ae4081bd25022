/** vdenet graph: a picture of a network. */
import { writeFileSync } from 'node:fs'
import { fileError } from '@vde-ts/link/socket-file.js'
import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'
import { dotOf } from './dot.ts'
import { readNetwork } from './network-file.ts'

/** vdenet graph FILE */
export const graphCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const dot = dotOf(readNetwork(operands[0]!).model)
  const text = values.has('dot') ? dot : await drawn(dot)
  const path = values.text('write')
  if (path === undefined) print(text)
  else save(path, text)
  return 0
}

const drawn = async (dot: string): Promise<string> => {
  // Graphviz as WebAssembly: 1.4 MB that no other command loads.
  const { instance } = await import('@viz-js/viz')
  return (await instance()).renderString(dot, { format: 'svg', engine: 'dot' })
}

const save = (path: string, text: string): void => {
  try {
    writeFileSync(path, text)
  } catch (error) { throw fileError(error, `write "${path}"`) }
}
