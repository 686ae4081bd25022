/**
 * Bundles bin/*.ts into dist/bin/<name>.cjs and links node_modules/.bin/<name> of the root to them. A command works through
 * any symbolic link: Node resolves it before it looks for the addon. With a directory as argument the bundles go there,
 * and nothing is linked: tests run them.
 *
 * One file a command: shared chunks cost 15 ms of a start (a dozen modules to find and link) and save only disk. What few
 * who run a command want, and is large, is a file beside: see rareLibrary.
 */
import { build } from 'esbuild'
import { createRequire } from 'node:module'
import {
  existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')
const wanted = process.argv[2]
const out = wanted ?? join(here, 'dist/bin')
const names = readdirSync(join(here, 'bin')).filter((f) => f.endsWith('.ts')).map((f) => f.slice(0, -3))

/** The addon stays a file of its own. Its path is relative to the module that loads it, which moves with bundling. */
const addonPath = {
  name: 'addon-path',
  setup (bundle) {
    bundle.onLoad({ filter: /packages\/native\/src\/index\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const built = join(dirname(path), '../build/vde_native.node')
      const contents = source.replace("'../build/vde_native.node'", JSON.stringify(relative(out, built)))
        .replace("'../build/vde_node'", JSON.stringify(join(dirname(relative(out, built)), 'vde_node')))
      if (contents === source) return { errors: [{ text: `${path} does not load ../build/vde_native.node any more` }] }
      return { contents, loader: 'ts' }
    })
  }
}

/** So does the program of the engine of slirp://, which Node runs in a process of its own. */
const enginePath = {
  name: 'engine-path',
  setup (bundle) {
    bundle.onLoad({ filter: /packages\/schemes\/src\/slirp\/engine-file\.ts$/ }, ({ path }) => {
      const source = readFileSync(path, 'utf8')
      const built = join(dirname(path), '../../dist/slirp/main.js')
      const contents = source.replace("'./main.js'", JSON.stringify(relative(out, built)))
      if (contents === source) return { errors: [{ text: `${path} does not name ./main.js any more` }] }
      return { contents, loader: 'ts' }
    })
  }
}

/**
 * What reads YAML and checks it, 350 KB: a switch wants it for --config and the commands config/... only, and its starts were
 * longer by 7 ms with it, those of -d by 15. Nothing in there is told apart by its class: a second copy does no harm.
 */
const RARE = 'strict-yaml'
const rareLibrary = {
  name: 'rare-library',
  setup (bundle) {
    let isApart = false
    bundle.onResolve({ filter: /^@vde-ts\/strict-yaml$/ }, ({ importer }) => {
      if (!importer.endsWith('packages/cli/src/vde-switch/config/library.ts')) return undefined
      isApart = true
      return { path: `./${RARE}.cjs`, external: true }
    })
    bundle.onEnd(() => isApart ? null : { errors: [{ text: `vde_switch does not load ${RARE} apart any more` }] })
  }
}

/** `yargs/helpers` also loads what lays out yargs' own help texts, 90 KB and 15 ms at each start. We want its parser. */
const lightParser = {
  name: 'light-parser',
  setup (bundle) {
    const helpers = createRequire(import.meta.url).resolve('yargs')
    const parser = createRequire(helpers).resolve('yargs-parser')
    bundle.onResolve({ filter: /^yargs\/helpers$/ }, () => ({ path: 'yargs/helpers', namespace: 'light-parser' }))
    bundle.onLoad({ filter: /.*/, namespace: 'light-parser' }, () => ({
      contents: `export { default as Parser } from ${JSON.stringify(parser)}`, resolveDir: here, loader: 'js'
    }))
  }
}

/** Its main file asks for its parts in a way that no bundler follows; beside it is an ES module of the same. */
const plainJsonc = {
  name: 'plain-jsonc',
  setup (bundle) {
    bundle.onResolve({ filter: /^jsonc-parser$/ }, ({ importer }) =>
      ({ path: join(dirname(createRequire(importer).resolve('jsonc-parser')), '../esm/main.js') }))
  }
}

const { outputFiles } = await build({
  write: false,
  entryPoints: [
    ...names.map((name) => ({ in: join(here, 'bin', `${name}.ts`), out: name })),
    { in: join(root, `packages/${RARE}/src/index.ts`), out: RARE }
  ],
  outdir: out,
  bundle: true,
  // CommonJS starts 14 ms sooner than an ES module (Node 20: 68 ms against 82 for one line), and -d starts twice.
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  platform: 'node',
  target: 'node20',
  conditions: ['source'],
  sourcemap: false,
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: { 'import.meta.url': 'bundleUrl' },
  banner: { js: "#!/usr/bin/env node\nconst bundleUrl = require('node:url').pathToFileURL(__filename).href" },
  // WebAssembly as text, 1.4 MB: only 'vdenet graph' reads it.
  external: ['@viz-js/viz'],
  plugins: [addonPath, enginePath, rareLibrary, lightParser, plainJsonc],
  logLevel: 'warning'
})

mkdirSync(out, { recursive: true })
for (const { path, contents } of outputFiles) replace(path, contents)
const made = new Set([...names, RARE].map((name) => `${name}.cjs`))
for (const file of readdirSync(out)) if (!made.has(file)) rmSync(join(out, file))
if (wanted === undefined) linkAll(join(root, 'node_modules/.bin'))

/** A command that runs or starts meanwhile sees the old file or the new one, never none. */
function replace (path, contents) {
  if (existsSync(path) && Buffer.compare(readFileSync(path), contents) === 0) return
  writeFileSync(`${path}.new`, contents, { mode: 0o755 })
  renameSync(`${path}.new`, path)
}

function linkAll (bin) {
  mkdirSync(bin, { recursive: true })
  for (const name of names) link(relative(bin, join(out, `${name}.cjs`)), join(bin, name))
}

/** Points `path` at `target`, unless it does already. */
function link (target, path) {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === target) return
  symlinkSync(target, `${path}.new`)
  renameSync(`${path}.new`, path)
}
