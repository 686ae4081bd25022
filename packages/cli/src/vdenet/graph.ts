/** vdenet graph: a picture of a network. */
import type { Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { dotOf } from './dot.ts'
import { readNetwork } from './network-file.ts'
import { saveOrPrint } from './save.ts'

/** vdenet graph FILE */
export const graphCommand = async (_program: Program, { values, operands }: Parsed): Promise<number> => {
  const dot = dotOf(readNetwork(operands[0]!).model)
  saveOrPrint(values.text('write'), values.has('dot') ? dot : await drawn(dot))
  return 0
}

const drawn = async (dot: string): Promise<string> => {
  // Graphviz as WebAssembly: 1.4 MB that no other command loads.
  const { instance } = await import('@viz-js/viz')
  return (await instance()).renderString(dot, { format: 'svg', engine: 'dot' })
}
