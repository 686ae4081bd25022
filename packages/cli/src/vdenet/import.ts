/** vdenet import: files of other programs as network files. */
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileError } from '@vde-ts/link/socket-file.js'
import { UsageError, type Parsed } from '../command.ts'
import type { Program } from '../run.ts'
import { importKathara } from './kathara.ts'
import { saveOrPrint } from './save.ts'

/** vdenet import kathara DIR */
export const importCommand = (_program: Program, { values, operands }: Parsed): number => {
  const [kind, path] = operands
  if (kind !== 'kathara') throw new UsageError(`Cannot import "${kind ?? ''}": kathara is wanted`)
  saveOrPrint(values.text('write'), importKathara(katharaLab(resolve(path!))))
  return 0
}

const katharaLab = (dir: string): Parameters<typeof importKathara>[0] => {
  try {
    const entries = readdirSync(dir, { withFileTypes: true })
    return {
      conf: readFileSync(join(dir, 'lab.conf'), 'utf8'),
      startups: entries.filter((one) => one.isFile() && /^[a-z0-9_-]+\.startup$/.test(one.name)).map(({ name }) => name.slice(0, -8))
        .filter((name) => name !== 'shared'),
      directories: entries.filter((one) => one.isDirectory()).map(({ name }) => name),
      dir
    }
  } catch (error) { throw fileError(error, `read the lab in "${dir}"`) }
}
