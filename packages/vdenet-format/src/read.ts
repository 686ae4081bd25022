/**
 * A network file as a model, or everything that is wrong with it.
 *
 *     text --strict-yaml, schema--> raw --values read--> Model --validate--> problems, put back to their places in the file
 *
 * A file that the schema refuses is not read further: what would be said of it then is about things that are not there.
 */
import type { Model, Phys } from '@vde-ts/model/model.js'
import type { Problem } from '@vde-ts/model/problem.js'
import { validate, type World } from '@vde-ts/model/validate.js'
import { checkerOf } from '@vde-ts/strict-yaml/read.js'
import { pathText, sortFindings, type Finding, type Path } from '@vde-ts/strict-yaml/finding.js'
import { parseExpectation } from './expectations.ts'
import { nodesOf } from './nodes.ts'
import { Notes, type Places } from './notes.ts'
import { netsOf, physesOf, templatesOf } from './overlays.ts'
import { radiosOf } from './radios.ts'
import { membersOf, ruleOf } from './policies.ts'
import type { RawFile } from './raw.ts'
import { SCHEMA } from './schema.ts'
import { cableOf } from './wires.ts'

/** What came of a file: a model, or findings. */
export type NetworkReading =
  { readonly model: Model, readonly findings: readonly [] } | { readonly model: null, readonly findings: readonly Finding[] }

/** What a reader must be told. */
export interface FileFacts {
  /** As findings name it. */
  readonly file: string
  /** Name of the network unless the file has one. */
  readonly name: string
  /** Absolute: what directories in the file start from. */
  readonly dir: string
  /** Which of the hosts is this machine. Absent: none. */
  readonly isLocal?: (phys: Phys) => boolean
  /** What is known of this machine. Absent: nothing. */
  readonly world?: World
}

const checker = checkerOf<RawFile>(SCHEMA)

/** Reads the text of a network file. */
export const readNetwork = (text: string, facts: FileFacts): NetworkReading => {
  const { value, findings, at } = checker.read(text, facts.file)
  if (value === null) return { model: null, findings }
  const notes = new Notes(facts.file, at)
  const model = modelOf(notes, value, facts)
  if (notes.findings.length === 0) {
    const problems = validate(model, facts.world)
    if (problems.length === 0) return { model, findings: [] }
    return { model: null, findings: sortFindings(problems.map((problem) => findingOf(problem, facts.file, notes, at))) }
  }
  return { model: null, findings: sortFindings(notes.findings) }
}

const modelOf = (notes: Notes, file: RawFile, { name, dir, isLocal = () => false }: FileFacts): Model => {
  const templates = templatesOf(notes, file)
  const { nets, attachments, virts } = netsOf(notes, file, templates)
  const links = (file.links ?? []).flatMap((raw, i) => cableOf(notes, ['links', i], raw) ?? [])
  const radios = radiosOf(notes, file)
  return {
    name: file.name ?? name,
    settings: [...templates.values()],
    nets,
    physes: physesOf(notes, file, isLocal),
    attachments,
    virts,
    nodes: nodesOf(notes, file, { links, radios }, dir),
    links,
    radios,
    chains: Object.entries(file.chains ?? {}).map(([chain, rules]) => {
      notes.declare('chain', chain, ['chains', chain])
      for (const i of rules.keys()) notes.declare('rule', `${chain}#${i + 1}`, ['chains', chain, i])
      return { name: chain, rules: rules.map((rule, i) => ruleOf(notes, ['chains', chain, i], rule, i)) }
    }),
    sets: Object.entries(file.sets ?? {}).map(([set, members]) => {
      notes.declare('set', set, ['sets', set])
      return { name: set, ...membersOf(notes, ['sets', set], members) }
    }),
    expect: (file.expect ?? []).flatMap((line, i) => {
      notes.declare('expect', line, ['expect', i])
      return notes.value(['expect', i], line, 'an expectation', parseExpectation) ?? []
    })
  }
}

/** A problem of the model at the place of what it is about. */
const findingOf = ({ code, subject, attribute, message, hint }: Problem, file: string, notes: Notes, at: Places): Finding => {
  const base: Path = notes.sources.get(`${subject.kind} ${subject.key}`) ?? []
  const path = attribute === null ? base : [...base, attribute]
  return { file, ...at(path), path: pathText(base), code, message, hint }
}
