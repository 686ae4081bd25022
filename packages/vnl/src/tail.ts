/** What a VNL says, and the table by which it is read. */

/**
 * How the text behind `://` is read:
 *
 *     address          address/key=value/flag
 *     path             path[key=value/flag]
 *     raw              taken as it is
 *     nested-address   address/key=value{another VNL}, and address[key=value/flag]{another VNL}
 *     nested-path      path[key=value]{another VNL}
 */
export type TailStyle = 'address' | 'path' | 'raw' | 'nested-address' | 'nested-path'

/** One key of a scheme: the parser, `--help` and the man page come from it. */
export interface Parameter {
  readonly help: string
  /** How the value looks in the synopsis; empty: a flag. */
  readonly value: string
  readonly fallback: string
}

/** What the parser needs to know of a scheme; a Scheme is one. */
export interface TailGrammar {
  readonly name: string
  readonly style: TailStyle
  /** Keys in the order that decides abbreviations: the first that starts with what was typed. */
  readonly params: Readonly<Record<string, Parameter>>
  /** What may stand in front of any key, such as `in.`: part of its name then. */
  readonly prefixes?: readonly string[]
  /** True when a positional parameter (no `=`) is allowed inside the brackets. */
  readonly positional?: boolean
}

/** The text behind `://`, read. */
export interface Tail {
  /** Path or address, unquoted; the whole text for a raw tail. */
  readonly path: string
  /** Values by full key name, in the order typed; a positional parameter is under ''. */
  readonly params: ReadonlyMap<string, string>
  /** The VNL between the braces, for a nested style; else ''. */
  readonly inner: string
  /** Where that begins in the VNL. */
  readonly innerAt: number
}
