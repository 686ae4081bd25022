/**
 * What may stand where a shell's cursor is, from the tables that the commands parse with.
 *
 *     vde_plug --de          ->  --descr
 *     vde_plug ud            ->  udp://
 *     vdens /tmp/sw[po       ->  /tmp/sw[port=, /tmp/sw[portgroup=
 *     dpipe vde_plug = vd    ->  vde_plug, vde_switch, ...
 *
 * A candidate stands for the whole word; one that is finished ends with a blank. No candidate: the shell's own (files).
 */
import { findFirst, findLast, splitScheme, type TailGrammar } from '@vde-ts/vnl'
import type { CommandSpec, OperandKind, Option } from '../command.ts'

/** What completion knows. */
export interface Vocabulary {
  readonly commands: readonly CommandSpec[]
  readonly schemes: readonly TailGrammar[]
}

/** How commands are joined, in `dpipe` and `vde_plug`. */
const SEPARATORS: ReadonlySet<string> = new Set(['=', '=}', '}=', '={', '{='])

/** Candidates for the last of `words`, the first of which is the command's name as typed. */
export const complete = (words: readonly string[], vocabulary: Vocabulary): string[] => {
  const [command = '', ...args] = words
  const spec = vocabulary.commands.find(({ name }) => name === command.replace(/^.*\//, ''))
  if (spec === undefined) return []
  const word = args.pop() ?? ''
  const place = placeOf(spec, args)
  if ('command' in place) {
    const inner = [...args.slice(place.command), word]
    return inner.length === 1 ? commandNames(word, vocabulary) : complete(inner, vocabulary)
  }
  if (place.value !== null) return place.value === 'VNL' ? vnls(word, vocabulary.schemes) : []
  if (word.startsWith('-') && place.mayBeOption) return options(word, spec)
  switch (place.kind) {
    case null: return []
    case 'vnl': return vnls(word, vocabulary.schemes)
    case 'command': return commandNames(word, vocabulary)
    default: return place.kind.filter((one) => one.startsWith(word)).map(finished)
  }
}

/** Where a word stands: the value of an option, an operand of some kind, or in a command that begins at an index. */
type Place =
  { readonly command: number } |
  { readonly value: string | null, readonly kind: OperandKind | null, readonly mayBeOption: boolean }

const placeOf = (spec: CommandSpec, before: readonly string[]): Place => {
  const kinds = spec.operands ?? []
  let operands = 0
  let isBehindOptions = false
  for (let i = 0; i < before.length; i++) {
    const word = before[i]!
    if (spec.operandSeparators?.includes(word)) return { command: behindSeparator(before) }
    if (word === '--' && kinds.includes('command')) return { command: i + 1 }
    if (kinds[operands] === 'command') return { command: behindSeparator(before, i) }
    if (word === '--') isBehindOptions = true
    else if (word.startsWith('-') && word !== '-' && !isBehindOptions) {
      const value = valueOf(spec, word)
      if (value === null) continue
      if (i === before.length - 1) return { value, kind: null, mayBeOption: false }
      i++
    } else {
      operands++
      isBehindOptions ||= spec.stopAtOperand
    }
  }
  const kind = kinds[Math.min(operands, kinds.length - 1)] ?? null
  return { value: null, kind, mayBeOption: !isBehindOptions }
}

const behindSeparator = (before: readonly string[], from = 0): number =>
  Math.max(from, before.findLastIndex((word) => SEPARATORS.has(word)) + 1)

/** What the value of an option is called when it is the next word; null: it takes none, or has it already. */
const valueOf = (spec: CommandSpec, word: string): string | null => {
  if (word.includes('=')) return null
  const isLong = word.startsWith('--') || (spec.singleDashLong && word.length > 2)
  const typed = word.replace(/^--?/, '')
  const option = spec.options.find((one) => isLong ? longNames(one).some((name) => name === typed) : one.short === typed.at(-1))
  return option === undefined || option.optional === true ? null : option.value ?? null
}

const longNames = (option: Option): string[] => [option.name, ...(option.aliases ?? [])]

const options = (word: string, spec: CommandSpec): string[] => {
  const dashes = spec.singleDashLong && !word.startsWith('--') && word !== '-' ? '-' : '--'
  return spec.options.filter(({ hidden }) => hidden !== true).flatMap(longNames)
    .map((name) => `${dashes}${name}`).filter((one) => one.startsWith(word)).map(finished)
}

const commandNames = (word: string, { commands }: Vocabulary): string[] =>
  commands.map(({ name }) => name).filter((name) => name.startsWith(word)).map(finished)

/** Schemes, keys of a scheme, or the same for the VNL in its braces. */
const vnls = (word: string, schemes: readonly TailGrammar[]): string[] => {
  const { scheme: name, tail } = split(word)
  if (name === null && !word.includes('[')) {
    return word.includes('/') ? [] : schemes.filter((one) => one.name.startsWith(word)).map((one) => `${one.name}://`)
  }
  const scheme = schemes.find((one) => one.name === (name ?? 'vde'))
  if (scheme === undefined) return []
  const brace = scheme.style.startsWith('nested') ? findFirst(tail, '{') : -1
  const from = brace < 0 ? keyAt(tail, scheme) : brace + 1
  if (from < 0) return []
  const head = word.slice(0, word.length - tail.length + from)
  const rest = tail.slice(from)
  const candidates = brace < 0 ? keys(rest, scheme) : vnls(rest, schemes)
  return candidates.map((one) => head + one)
}

/** A word that is no VNL yet has no scheme. */
const split = (word: string): { readonly scheme: string | null, readonly tail: string } => {
  try {
    return splitScheme(word)
  } catch {
    return { scheme: null, tail: word }
  }
}

/** Position of the key being typed, or -1: none can stand there. */
const keyAt = (tail: string, { style }: TailGrammar): number => {
  if (style === 'raw') return -1
  if (style === 'address' || style === 'nested-address') return findLast(tail, '/', 0) + 1 || -1
  const open = findFirst(tail, '[')
  return open < 0 ? -1 : Math.max(open, findLast(tail, '/', open + 1)) + 1
}

const keys = (typed: string, { params }: TailGrammar): string[] => typed.includes('=')
  ? []
  : Object.entries(params).filter(([key]) => key.startsWith(typed)).map(([key, { value }]) => value === '' ? key : `${key}=`)

const finished = (word: string): string => `${word} `

const BASH = `# Completion of the vde-ts commands for bash: eval "$(vnl completion bash)"
_vde_ts() {
  local line=\${COMP_LINE:0:COMP_POINT} current taken
  local -a words
  read -ra words <<<"$line"
  [[ $line == *' ' ]] && words+=('')
  current=\${words[-1]}
  # What bash has split off (udp:, port=) is not to be repeated.
  taken=\${current%"\${current##*[$COMP_WORDBREAKS]}"}
  mapfile -t COMPREPLY < <(vnl complete -- "\${words[@]}" 2>/dev/null)
  # An empty line is no word: bash completes file names then.
  [[ -n \${COMPREPLY[0]} ]] || COMPREPLY=()
  COMPREPLY=("\${COMPREPLY[@]#"$taken"}")
}
complete -o nospace -o bashdefault -o default -F _vde_ts NAMES
`

/** Sourced, or a file of that name in $fpath, which zsh runs as the function itself. */
const ZSH = `#compdef NAMES
# Completion of the vde-ts commands for zsh: source <(vnl completion zsh), after compinit
_vde_ts() {
  local -a found
  found=("\${(@f)$(vnl complete -- "\${(@Q)words[1,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  [[ -n $found[1] ]] || { _files; return }
  compadd -S ' ' -- \${\${(M)found:#* }% }
  compadd -S '' -- \${found:#* }
}
if [[ $funcstack[1] == _vde_ts ]]; then _vde_ts "$@"; else compdef _vde_ts NAMES; fi
`

/** Lines for the start-up file of a shell. */
export const completionScript = (shell: 'bash' | 'zsh', { commands }: Vocabulary): string =>
  (shell === 'bash' ? BASH : ZSH).replaceAll('NAMES', commands.map(({ name }) => name).join(' '))
