/**
 * Installs the suite, which `npm run build` has built, below a directory: `node tools/install.mjs PREFIX`, such as ~/.local or
 * /usr/local; `--remove PREFIX` takes it away again. DESTDIR, if set, is put in front of each path, as makers of packages expect.
 *
 *     PREFIX/lib/vde-ts/     bin/NAME.cjs  native/  node_modules/  man/  completions/  schemas/  LICENSES
 *     PREFIX/bin/NAME, share/man/..., share/bash-completion/..., share/zsh/...     links into it
 *
 * All of it is made beside, then moved into its place: a command that is started meanwhile is the old one or the new one. No
 * file of somebody else is overwritten, so the C suite in the same PREFIX is an error before anything is done.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync, copyFileSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, readlinkSync, realpathSync,
  renameSync, rmSync, rmdirSync, unlinkSync, writeFileSync
} from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { link } from '../packages/cli/link.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const USAGE = 'Usage: node tools/install.mjs [--remove] PREFIX'
/** Schemes that are packages, loaded from `node_modules`, and the schemas for editors. */
const SCHEMES = ['ws', 'secure']
const SCHEMAS = ['packages/cli/vde_switch.schema.json', 'packages/vdenet-format/vdenet.schema.json']
/** Directories for links, which are removed when they are left empty. */
const LINK_DIRS = [
  'bin', 'share/man/man1', 'share/man/man5', 'share/man/man7', 'share/bash-completion/completions', 'share/zsh/site-functions'
]

class InstallError extends Error {}

const fail = (what) => { throw new InstallError(what) }

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

const lookAt = (path) => lstatSync(path, { throwIfNoEntry: false })

/** The tree at `prefix` as paths; the prefix may be one of a package that is being made, below DESTDIR. */
const treeOf = (prefix) => {
  const at = join(resolve(process.env.DESTDIR ?? '/'), prefix)
  return { prefix, at, lib: join(at, 'lib/vde-ts') }
}

/** A link of ours: into the library, wherever it is. */
const isOurs = (path, { lib }) =>
  lookAt(path)?.isSymbolicLink() === true && resolve(dirname(path), readlinkSync(path)).startsWith(lib + sep)

const isSuite = ({ lib }) => existsSync(join(lib, 'bin/vde_switch.cjs'))

/** Copies an npm package and all it depends on at run time into `into`, flat; what is built for other systems stays out. */
const copyPackage = (name, from, into) => {
  const source = realpathSync(join(from, name))
  const target = join(into, name)
  const { version, dependencies = {}, optionalDependencies = {} } = readJson(join(source, 'package.json'))
  if (existsSync(target)) {
    const other = readJson(join(target, 'package.json')).version
    if (other !== version) fail(`Cannot install ${name}: both ${other} and ${version} are wanted, and there is room for one`)
    return
  }
  const isWanted = (path) => {
    const [, dir, system] = /^\/(node_modules|prebuilds)(?:\/([^/]+))?/.exec(path.slice(source.length)) ?? []
    return dir !== 'node_modules' && (system === undefined || system === `${process.platform}-${process.arch}`)
  }
  cpSync(source, target, { recursive: true, dereference: true, filter: isWanted })
  for (const one of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const beside = [join(source, 'node_modules'), source.slice(0, source.length - name.length)].find((dir) => existsSync(join(dir, one)))
    if (beside !== undefined) copyPackage(one, beside, into)
    else if (one in dependencies) fail(`Cannot install ${name}: its ${one} is not there, run npm run build first`)
  }
}

/** Licence texts of the npm packages whose files went into bundles. */
const licences = (files) => {
  const packages = new Set(files.map((path) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]))
  packages.delete(undefined)
  return [...packages].sort().map((path) => {
    const { name, version, license } = readJson(join(path, 'package.json'))
    const file = readdirSync(path).find((entry) => /^licen[cs]e/i.test(entry))
    return `== ${name} ${version}, ${license}\n\n${file === undefined ? '' : readFileSync(join(path, file), 'utf8')}\n`
  }).join('')
}

/** Bundles the commands and the packages with schemes. @returns all files that went in */
const bundleAll = async (lib, { bundle, commandFiles }) => {
  const out = join(lib, 'bin')
  mkdirSync(out)
  const read = [...(await bundle(commandFiles, { out, natives: '../native' })).read]
  for (const name of SCHEMES) {
    const source = join(root, 'packages', name)
    const manifest = readJson(join(source, 'package.json'))
    const target = join(lib, 'node_modules', manifest.name)
    const outside = Object.keys(manifest.dependencies).filter((one) => !one.startsWith('@vde-ts/'))
    mkdirSync(target, { recursive: true })
    const files = [{ in: join(source, 'src/index.ts'), out: 'index' }]
    read.push(...(await bundle(files, { out: target, natives: '../../native', external: outside })).read)
    const { version, license, vdeSchemes } = manifest
    const kept = { name: manifest.name, version, license, main: 'index.cjs', vdeSchemes }
    writeFileSync(join(target, 'package.json'), `${JSON.stringify(kept, null, 2)}\n`)
    for (const one of outside) copyPackage(one, join(source, 'node_modules'), join(lib, 'node_modules'))
  }
  copyPackage('@viz-js/viz', join(root, 'packages/cli/node_modules'), join(lib, 'node_modules'))
  return read
}

const completionOf = (shell, lib) => {
  const { status, stdout } = spawnSync(process.execPath, [join(lib, 'bin/vnl.cjs'), 'completion', shell], { encoding: 'utf8' })
  return status === 0 ? stdout : fail(`Cannot install: the new vnl ended with ${status}`)
}

/** Makes the library at `lib`, an empty directory. @returns names of the commands */
const fill = async (lib) => {
  const native = join(root, 'packages/native/build')
  if (!existsSync(join(native, 'vde_node'))) fail('Cannot install: nothing is built, run npm run build first')
  const bundler = await import('../packages/cli/bundle.mjs')
  const read = await bundleAll(lib, bundler)
  mkdirSync(join(lib, 'native'))
  for (const name of ['vde_native.node', 'vde_node']) {
    copyFileSync(join(native, name), join(lib, 'native', name))
    chmodSync(join(lib, 'native', name), 0o755)
  }
  cpSync(join(root, 'man'), join(lib, 'man'), { recursive: true })
  mkdirSync(join(lib, 'schemas'))
  for (const path of SCHEMAS) copyFileSync(join(root, path), join(lib, 'schemas', path.slice(path.lastIndexOf('/') + 1)))
  mkdirSync(join(lib, 'completions'))
  for (const shell of ['bash', 'zsh']) writeFileSync(join(lib, 'completions', shell), completionOf(shell, lib))
  writeFileSync(join(lib, 'LICENSES'), licences(read))
  return bundler.commands
}

/** Where links belong: path below the prefix to path below the library. */
const linksOf = (lib, names) => {
  const pages = readdirSync(join(lib, 'man')).flatMap((section) => readdirSync(join(lib, 'man', section)).map((page) => `${section}/${page}`))
  return new Map([
    ...names.map((name) => [`bin/${name}`, `bin/${name}.cjs`]),
    ...pages.map((page) => [`share/man/${page}`, `man/${page}`]),
    ...names.map((name) => [`share/bash-completion/completions/${name}`, 'completions/bash']),
    ['share/zsh/site-functions/_vde_ts', 'completions/zsh']
  ])
}

/** Links of ours that are there, those of a former version included. */
const linksThere = (tree) => LINK_DIRS.flatMap((dir) => {
  const path = join(tree.at, dir)
  return existsSync(path) ? readdirSync(path).map((name) => join(path, name)).filter((one) => isOurs(one, tree)) : []
})

const linkInto = (target, path) => {
  mkdirSync(dirname(path), { recursive: true })
  link(relative(dirname(path), target), path)
}

const install = async (prefix) => {
  const tree = treeOf(prefix)
  const made = `${tree.lib}.new`
  const former = `${tree.lib}.old`
  if (existsSync(tree.lib) && !isSuite(tree)) fail(`Cannot install: ${tree.lib} is there and is not of this suite`)
  try {
    for (const path of [made, former]) rmSync(path, { recursive: true, force: true })
    mkdirSync(made, { recursive: true })
    const names = await fill(made)
    const links = linksOf(made, names)
    const taken = [...links.keys()].map((path) => join(tree.at, path))
      .filter((path) => lookAt(path) !== undefined && !isOurs(path, tree))
    if (taken.length > 0) fail(`Cannot install: of somebody else, not of this suite: ${taken.join(', ')}; want another PREFIX`)
    if (existsSync(tree.lib)) renameSync(tree.lib, former)
    renameSync(made, tree.lib)
    rmSync(former, { recursive: true, force: true })
    for (const [path, target] of links) linkInto(join(tree.lib, target), join(tree.at, path))
    for (const path of linksThere(tree)) if (!existsSync(path)) unlinkSync(path)
    return names.length
  } finally {
    rmSync(made, { recursive: true, force: true })
  }
}

const remove = (prefix) => {
  const tree = treeOf(prefix)
  if (!isSuite(tree)) fail(`Cannot remove: there is no ${tree.lib} of this suite`)
  for (const path of linksThere(tree)) unlinkSync(path)
  rmSync(tree.lib, { recursive: true })
  // Directories that hold something else stay.
  for (const dir of [...LINK_DIRS, 'lib']) removeEmpty(join(tree.at, dir), tree.at)
}

const removeEmpty = (dir, top) => {
  if (dir === top || !existsSync(dir) || readdirSync(dir).length > 0) return
  rmdirSync(dir)
  removeEmpty(dirname(dir), top)
}

const isOnPath = (dir) => (process.env.PATH ?? '').split(':').includes(dir)

try {
  const words = process.argv.slice(2)
  const isRemoval = words[0] === '--remove'
  const [prefix, ...rest] = isRemoval ? words.slice(1) : words
  if (prefix === undefined || prefix.startsWith('-') || rest.length > 0) fail(USAGE)
  const path = resolve(prefix)
  if (isRemoval) {
    remove(path)
    console.log(`vde-ts is removed from ${path}`)
  } else {
    console.log(`${await install(path)} commands are in ${path}/bin${isOnPath(`${path}/bin`) ? '' : ', which is not on PATH yet'}`)
  }
} catch (error) {
  if (!(error instanceof InstallError) && error.code === undefined) throw error
  console.error(error.message)
  process.exitCode = 1
}
