/**
 * Where the program of the engine's process is: beside this file, in the same language. Bundles of this file name a bundle
 * of it, see packages/cli/bundle.mjs.
 */
import { fileURLToPath } from 'node:url'

const path: string = fileURLToPath(new URL('./main.js', import.meta.url))

/** Arguments for Node. Sources run through tsx. */
export const engineArguments: readonly string[] = import.meta.url.endsWith('.ts')
  ? ['--conditions=source', '--import', 'tsx', path.replace(/js$/, 'ts')]
  : [path]
