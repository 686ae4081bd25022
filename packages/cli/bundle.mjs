/**
 * Commands as files that need nothing but Node, the addon and the few npm packages that stay outside (`external`).
 *
 * One file a command: shared chunks cost 15 ms of a start (a dozen modules to find and link) and save only disk. What few
 * who run a command want, and is large, is a file beside: see RARE. So is what Node runs in a process of its own.
 */
import { build } from 'esbuild'
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../..')

/** Names of the commands. */
export const commands = readdirSync(join(here, 'bin')).filter((f) => f.endsWith('.ts')).map((f) => f.slice(0, -3))

/**
 * What reads YAML and checks it, 350 KB: a switch wants it for --config and the commands config/... only, and its starts were
 * longer by 7 ms with it, those of -d by 15. Nothing in there is told apart by its class: a second copy does no harm.
 */
const RARE = 'strict-yaml'
/** The process of libslirp. */
const ENGINE = 'slirp-engine'

/** What `bundle` makes of the commands. */
export const commandFiles = [
  ...commands.map((name) => ({ in: join(here, 'bin', `${name}.ts`), out: name })),
  { in: join(root, `packages/${RARE}/src/index.ts`), out: RARE },
  { in: join(root, 'packages/schemes/src/slirp/main.ts'), out: ENGINE }
]

/** Puts `text` in the place of others in one file; the file must have them all. */
const replacing = (name, filter, texts) => ({
  name,
  setup (bundle) {
    bundle.onLoad({ filter }, ({ path }) => {
      let contents = readFileSync(path, 'utf8')
      for (const [old, text] of Object.entries(texts)) {
        if (!contents.includes(old)) return { errors: [{ text: `${path} has no ${old} any more` }] }
        contents = contents.replace(old, JSON.stringify(text))
      }
      return { contents, loader: 'ts' }
    })
  }
})

const rareLibrary = {
  name: 'rare-library',
  setup (bundle) {
    bundle.onResolve({ filter: /^@vde-ts\/strict-yaml$/ }, ({ importer }) =>
      importer.endsWith('packages/cli/src/vde-switch/config/library.ts') ? { path: `./${RARE}.cjs`, external: true } : undefined)
    bundle.onEnd(({ outputFiles = [] }) => {
      const made = outputFiles.find(({ path }) => path.endsWith('/vde_switch.cjs'))
      return made === undefined || made.text.includes(`./${RARE}.cjs`) ? null : { errors: [{ text: `vde_switch does not load ${RARE} apart any more` }] }
    })
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

/**
 * Bundles `files` into the directory `out`, as NAME.cjs. A command that runs or starts meanwhile sees the old file or the
 * new one, never none.
 * @param natives directory of the addon, relative to `out`: it stays a file of its own
 * @param external npm packages that are looked for at run time
 * @returns paths of what was written, and of all that went in
 */
export const bundle = async (files, { out, natives, external = ['@viz-js/viz'] }) => {
  const { outputFiles, metafile } = await build({
    write: false,
    metafile: true,
    absWorkingDir: root,
    entryPoints: files,
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
    external,
    plugins: [
      replacing('addon-path', /packages\/native\/src\/index\.ts$/, {
        "'../build/vde_native.node'": `${natives}/vde_native.node`, "'../build/vde_node'": `${natives}/vde_node`
      }),
      replacing('engine-path', /packages\/schemes\/src\/slirp\/engine-file\.ts$/, { "'./main.js'": `./${ENGINE}.cjs` }),
      rareLibrary,
      lightParser,
      plainJsonc
    ],
    logLevel: 'warning'
  })
  for (const { path, contents } of outputFiles) replace(path, contents)
  return { written: outputFiles.map(({ path }) => path), read: Object.keys(metafile.inputs).map((path) => join(root, path)) }
}

const replace = (path, contents) => {
  if (existsSync(path) && Buffer.compare(readFileSync(path), contents) === 0) return
  writeFileSync(`${path}.new`, contents, { mode: 0o755 })
  renameSync(`${path}.new`, path)
}
