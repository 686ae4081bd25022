import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { CONTROL } from './control.ts'
import { LimitError, TclError } from './error.ts'
import { Interpreter, type Run } from './interpreter.ts'
import { formatList, parseList } from './list.ts'
import { TEXT } from './text.ts'
import { VALUES } from './values.ts'

/** What a script puts out, a line each, then its result. */
const run = async (script: string, limits?: ConstructorParameters<typeof Interpreter>[1]): Promise<string[]> => {
  const out: string[] = []
  const puts: Run = (words) => { out.push(words.at(-1) ?? ''); return '' }
  const interpreter = new Interpreter([...Object.entries({ ...CONTROL, ...VALUES, ...TEXT, puts }), ['lab::greet', () => 'hello']], limits)
  out.push(`= ${await interpreter.run(script)}`)
  return out
}

const refusalOf = async (script: string): Promise<Error> => {
  try { await run(script) } catch (error) { return error as Error }
  throw new Error(`nothing is wrong with ${script}`)
}

const language = suite('Tcl')

/** A script, and its result. */
const RESULTS: ReadonlyArray<readonly [script: string, result: string]> = [
  ['set a 5', '5'], ['set a "x y"; set b $a', 'x y'], ['set a {x $b [c]}', 'x $b [c]'], ['set a 1; set b "<$a>"', '<1>'], // eslint-disable-next-line no-template-curly-in-string
  ['set a 1; set b ${a}2', '12'],
  ['set a(x) 1; set i x; set b $a($i)', '1'], ['set ::v 3; proc p {} { return $::v }; p', '3'], ['set a \\x41\\u0042\\n', 'AB\n'],
  ['set a [string \\\n   length abc]', '3'], ['# a comment \\\n of two lines\nset a 1', '1'], ['set a 1 ;# behind', '1'], ['set a "$"', '$'],
  ['set a {a\\\n   b}', 'a b'], ['set a {a{b}c}', 'a{b}c'], ['set a {\\{}', '\\{'],
  ['proc p {a {b 2} args} { return "$a $b $args" }; p 1', '1 2 '], ['proc p {a {b 2} args} { return "$a $b $args" }; p 1 3 4 5', '1 3 4 5'],
  ['list {*}{a b} c', 'a b c'], ['set l {1 2}; list {*}$l {*}$l', '1 2 1 2'],
  ['set s 0; for {set i 0} {$i < 5} {incr i} { if {$i == 1} continue; if {$i == 4} break; incr s $i }; set s', '5'],
  ['set s {}; foreach {a b} {1 2 3} { append s "$a-$b;" }; set s', '1-2;3-;'], ['set s {}; foreach a {1 2} b {x y} { append s $a$b }; set s', '1x2y'],
  ['set i 0; while {$i < 10} { incr i 3 }; set i', '12'], ['if 0 { set a 1 } elseif 1 { set a 2 } else { set a 3 }', '2'], ['if {0} then {set a 1} {set a 2}', '2'],
  ['catch { error "no" } why; set why', 'no'], ['catch { set a 1 }', '0'], ['catch { error x }', '1'], ['catch break', '3'],
  ['catch { nosuch } e; set e', 'invalid command name "nosuch"'], ['info exists a', '0'], ['set a 1; info exists a', '1'], ['set env(X) 1; info exists env(X)', '1'],
  ['namespace eval n { proc p {} { return in } }; n::p', 'in'], ['namespace eval n { variable v 4; proc p {} { variable v; return $v } }; ::n::p', '4'],
  ['namespace import lab::*; greet', 'hello'], ['lab::greet', 'hello'], ['namespace import lab::*; proc greet {} { return [::lab::greet]! }; greet', 'hello!'],
  ['proc p {} { global g; incr g }; p; p; set g', '2'],
  ['expr {1 + 2 * 3}', '7'], ['expr {(1 + 2) * 3}', '9'], ['expr {7 / 2}', '3'], ['expr {-7 / 2}', '-4'], ['expr {-7 % 3}', '2'], ['expr {7 / 2.0}', '3.5'],
  ['expr {2 ** 3 ** 2}', '512'], ['expr {1 << 4 | 1}', '17'], ['expr {0x10 + 1}', '17'], ['expr {1.0 + 1}', '2.0'], ['expr {1 < 2 && 2 < 1 || 1}', '1'],
  ['expr {1 ? "yes" : "no"}', 'yes'], ['expr {0 && [error never]}', '0'], ['expr {1 || $nosuch}', '1'], ['expr {"a" eq {a}}', '1'], ['expr {"b" in {a b}}', '1'],
  ['set a 3; expr {$a * [expr {$a - 1}]}', '6'], ['expr {!0 + ~0}', '0'], ['expr {max(1, 5, 3) + abs(-2) + int(2.7)}', '9'], ['expr 1 + 1', '2'],
  ['expr {"10" == 10.0}', '1'], ['expr {5 - 3 - 1}', '1'], ['expr {5 > 3 == 1}', '1'], ['expr {1 - -1}', '2'],
  ['lindex {a {b c} d} 1 0', 'b'], ['lindex {a b c} end-1', 'b'], ['lindex {a} 5', ''], ['llength {a {b c} "d e"}', '3'], ['lrange {a b c d} 1 end-1', 'b c'],
  ['lappend l a {b c}; lappend l d', 'a {b c} d'], ['lsort -integer {10 9 1}', '1 9 10'], ['join {a b c} ,', 'a,b,c'], ['split a:b: :', 'a b {}'], ['lsearch {a b c} b', '1'],
  ['format "%02d-%5s-%x-%%-%.2f" 7 ab 255 1.5', '07-   ab-ff-%-1.50'], ['format %-4d| 5', '5   |'], ['format {06:%02x} 10', '06:0a'],
  ['string toupper abc', 'ABC'], ['string range abcdef 1 end-1', 'bcde'], ['string match {a*[0-9]} abc7', '1'], ['string match a?c abd', '0'], ['string map {a 1 b 2} aabbc', '1122c'],
  ['string is integer 0x1f', '1'], ['string repeat ab 3', 'ababab'], ['string trim "  a "', 'a'], ['string equal -nocase A a', '1'], ['string first b abc', '1'],
  ['array set a {x 1 y 2}; array names a', 'x y'], ['set a(1) x; array exists a', '1'], ['incr fresh', '1'], ['return 5; error never', '5'], ['', '']
]
for (const [script, result] of RESULTS) language(script, async () => { assert.is((await run(script)).at(-1), `= ${result}`) })

/** A script, and why it ends. */
const REFUSED: ReadonlyArray<readonly [script: string, message: RegExp]> = [
  ['set a {', /missing close-brace of line 1/], ['set a "x', /missing "/], ['set a [b', /missing close-bracket/], ['set a {x}y', /extra characters after close-brace/],
  ['exec ls', /invalid command name "exec"/], ['open /etc/passwd', /invalid command name "open"/], ['set nosuch', /can't read "nosuch": no such variable/],
  ['set a 1; set a(x) 1', /variable isn't array/], ['set a(x) 1; set a 1', /variable is array/], ['proc p {a} {}; p', /wrong # args: should be "p a"/],
  ['proc p {a} {}; p 1 2', /wrong # args/], ['expr {1 +}', /syntax error in expression/], ['expr {1 / 0}', /divide by zero/], ['expr {a b}', /syntax error/],
  ['expr {2 ** 60}', /too large/], ['incr a x', /expected integer/], ['lindex {a b} x', /bad index/], ['llength "{a"', /unmatched open brace/], ['break', /outside of a loop/],
  ['if', /wrong # args/], ['foreach a', /wrong # args/], ['string frob a', /unknown subcommand "frob"/], ['format %d x', /expected integer/], ['format %99999d 1', /field width/],
  ['[[[', /missing close-bracket/], ['expr {$}', /syntax error/], ['while 1 {error x}', /^x$/]
]
for (const [script, message] of REFUSED) {
  language(`${script} is refused`, async () => {
    const error = await refusalOf(script)
    assert.instance(error, TclError)
    assert.match(error.message, message)
  })
}

language('an error names the lines it went through', async () => {
  const error = await refusalOf('set a 1\nproc p {} {\n  error no\n}\n\np') as TclError
  assert.equal(error.trace, ['line 2', 'line 6'])
})
language.run()

const limits = suite('limits')

/** Scripts without an end, caught or not. */
const ENDLESS = ['while 1 {}', 'proc p {} { p }; p', 'catch { while 1 {} }; puts on', 'set a x; while 1 { append a $a$a }', 'string repeat x 999999999',
  'foreach a [string repeat "x " 9000] { foreach b [string repeat "x " 9000] { set c 1 } }',
  `set a ${'['.repeat(500)}`, `expr {${'('.repeat(5000)}1}`]
for (const script of ENDLESS) {
  limits(`${script.slice(0, 60)} ends`, async () => {
    let error: unknown
    try { await run(script, { commands: 20_000, depth: 50, text: 1 << 20 }) } catch (thrown) { error = thrown }
    assert.ok(error instanceof LimitError || error instanceof TclError)
  })
}

limits('each run has its own share', async () => {
  const interpreter = new Interpreter(Object.entries({ ...CONTROL, ...VALUES }), { commands: 10, depth: 10, text: 100 })
  for (let i = 0; i < 5; i++) await interpreter.run('set a 1; set b 2; set c 3')
})
limits.run()

const lists = suite('lists')
lists('formatList and parseList are inverse', () => {
  const items = ['', 'a', 'a b', '{', '}', '{}', 'a{b', '"', '$x', '[c]', '\\', 'a\\', '\n', ';', '#x', 'a#b', '{a} b', 'x{ y']
  for (let i = 0; i < 400; i++) {
    const item = (k: number): string => items[(i * 7 + k * 5) % items.length]! + items[(i * 3 + k * 11) % items.length]!
    const chosen = Array.from({ length: i % 5 }, (_, k) => item(k))
    assert.equal(parseList(formatList(chosen)), chosen)
  }
})
lists.run()
