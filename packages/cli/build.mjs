/**
 * Bundles bin/*.ts into dist/bin/<name>.cjs and links node_modules/.bin/<name> of the root to them. A command works through
 * any symbolic link: Node resolves it before it looks for the addon. With a directory as argument the bundles go there,
 * and nothing is linked: tests run them.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle, commandFiles, commands } from './bundle.mjs'
import { link } from './link.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const wanted = process.argv[2]
const out = resolve(wanted ?? join(here, 'dist/bin'))

mkdirSync(out, { recursive: true })
const { written } = await bundle(commandFiles, { out, natives: relative(out, join(root, 'packages/native/build')) })
for (const file of readdirSync(out)) if (!written.includes(join(out, file))) rmSync(join(out, file))
if (wanted === undefined) linkAll(join(root, 'node_modules/.bin'))

function linkAll (bin) {
  mkdirSync(bin, { recursive: true })
  for (const name of commands) link(relative(bin, join(out, `${name}.cjs`)), join(bin, name))
}
