/**
 * Documentation that can be checked: every export has a docstring, every dependency its reason in CONTRIBUTING.md, every
 * relative link of a Markdown file its target, every command its man page; and no file holds both sides of a merge.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('..', import.meta.url))
const problems: string[] = []

const sources = (): string[] => readdirSync(join(root, 'packages')).flatMap((name) => {
  const dir = join(root, 'packages', name, 'src')
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => join(dir, file))
})

const isExported = (node: ts.Statement): boolean =>
  ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((m) => m.kind === ts.SyntaxKind.ExportKeyword) === true

const nameOf = (node: ts.Statement): string => {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations.map((d) => d.name.getText()).join(', ')
  return (node as ts.DeclarationStatement).name?.getText() ?? 'export'
}

/** A docstring of its own, or a line comment or docstring that opens the block of declarations it stands in. */
const isDocumented = (text: string, node: ts.Statement): boolean => {
  if ((ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []).length > 0) return true
  const before = text.slice(0, node.getStart()).trimEnd().split('\n').at(-1) ?? ''
  return ts.isVariableStatement(node) && before.startsWith('export const ') && text.slice(0, node.getStart()).endsWith('\n')
}

const checkExports = (file: string): void => {
  const text = readFileSync(file, 'utf8')
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  const where = file.slice(root.length)
  const opensWithComment = /^(?:#![^\n]*\n)?\s*\/\*\*/.test(text)
  const first = tree.statements.find(isExported)
  for (const node of tree.statements) {
    if (!isExported(node) || ts.isExportDeclaration(node)) continue
    if (isDocumented(text, node)) continue
    // The comment that opens a file documents the only thing it exports.
    if (node === first && opensWithComment && tree.statements.filter(isExported).length === 1) continue
    const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1
    problems.push(`${where}:${line}: ${nameOf(node)} has no docstring`)
  }
}

/** A file that was committed with the marks git leaves. */
const checkMerges = (): void => {
  const { stdout } = spawnSync('git', ['grep', '-nE', '^(<<<<<<<|>>>>>>>) '], { cwd: root, encoding: 'utf8' })
  for (const line of stdout.split('\n').slice(0, -1)) problems.push(`${line}: both sides of a merge`)
}

const checkDependencies = (): void => {
  const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
  const manifests = ['package.json', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/package.json`)]
  for (const manifest of manifests) {
    const content = JSON.parse(readFileSync(join(root, manifest), 'utf8')) as Record<string, Record<string, string> | undefined>
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const name of Object.keys(content[kind] ?? {})) {
        if (/^(?:@vde-ts\/|vde-ts-scheme-|@types\/)/.test(name)) continue
        if (!contributing.includes(`\`${name}\``)) problems.push(`${manifest}: ${name} has no reason in CONTRIBUTING.md`)
      }
    }
  }
}

const checkLinks = (): void => {
  for (const name of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    const text = readFileSync(join(root, name), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      if (!existsSync(join(root, dirname(name), target))) problems.push(`${name}: links to ${target}, which does not exist`)
    }
  }
}

const checkManPages = (): void => {
  for (const file of readdirSync(join(root, 'packages/cli/bin'))) {
    const name = file.replace(/\.ts$/, '')
    if (!existsSync(join(root, 'man/man1', `${name}.1`))) problems.push(`packages/cli/bin/${file}: man/man1/${name}.1 does not exist`)
  }
}

const files = sources()
for (const file of files) checkExports(file)
checkDependencies()
checkLinks()
checkManPages()
checkMerges()
for (const problem of problems) console.error(problem)
console.log(`docs: ${files.length} files, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
