import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { formatFinding, pathText } from './finding.ts'
import { checkerOf } from './read.ts'

const checker = checkerOf<unknown>({
  type: 'object',
  additionalProperties: false,
  required: ['version'],
  properties: {
    version: { const: 1 },
    nets: {
      type: 'object',
      description: 'a map of nets by name',
      propertyNames: { pattern: '^[a-z0-9]+$', description: 'small letters and digits' },
      additionalProperties: {
        type: 'object',
        additionalProperties: false,
        properties: {
          vid: { type: 'integer', minimum: 1, maximum: 4095, description: 'a number in 1..4095' },
          overlay: { enum: ['direct', 'vlan'] }
        }
      }
    },
    links: { type: 'array', items: { type: 'string', pattern: '^..$', description: 'two characters' } }
  }
})

const lines = (text: string): string[] => checker.read(text, 'f').findings.map(formatFinding)

/** A file, and all that is said of it. */
const REFUSED: ReadonlyArray<readonly [name: string, text: string, findings: readonly string[]]> = [
  ['a misspelt key has the nearest name, at the key', 'version: 1\nnets:\n  shop:\n    vdi: 3\n',
    ['f:4:5: nets.shop.vdi: no such key "vdi" [KEY_UNKNOWN] (did you mean "vid"?)']],
  ['a key that resembles none has the list', 'version: 1\nfrobnicate: 3\n',
    ['f:2:1: frobnicate: no such key "frobnicate" [KEY_UNKNOWN] (want one of version, nets, links)']],
  ['a value out of range is at the value', 'version: 1\nnets: { shop: { vid: 5000 } }\n',
    ['f:2:22: nets.shop.vid: found 5000, want a number in 1..4095 [VALUE_INVALID]']],
  ['a name that is a number is found', 'version: 1\nnets: { 1: { vid: x } }\n',
    ['f:2:19: nets[1].vid: found "x", want a number in 1..4095 [VALUE_TYPE]']],
  ['an index of a list', 'version: 1\nlinks:\n  - ab\n  - abc\n', ['f:4:5: links[1]: found "abc", want two characters [VALUE_INVALID]']],
  ['a word of a list of words', 'version: 1\nnets: { a: { overlay: vlam } }\n',
    ['f:2:23: nets.a.overlay: found "vlam", want one of direct, vlan [VALUE_INVALID] (did you mean "vlan"?)']],
  ['a bad name', 'version: 1\nnets: { A: {} }\n', ['f:2:9: nets.A: found the name "A", want small letters and digits [VALUE_INVALID]']],
  ['what is missing is told of the map that lacks it', 'nets: {}\n', ['f:1:1: key "version" is missing [KEY_MISSING]']],
  ['an empty file', '', ['f:1:1: found nothing, want a map [VALUE_TYPE]']],
  ['another version', 'version: 2\n', ['f:1:10: version: found 2, want 1 [VALUE_INVALID]']],
  ['a key twice', 'version: 1\nversion: 1\n', ['f:2:1: version: found this key twice in one map, want it once [KEY_TWICE]']],
  ['all at once, in the order of the file', 'version: 1\nnets: { a: { vid: 0, x: 1 } }\nlinks: [a]\n', [
    'f:2:19: nets.a.vid: found 0, want a number in 1..4095 [VALUE_INVALID]',
    'f:2:22: nets.a.x: no such key "x" [KEY_UNKNOWN] (want one of vid, overlay)',
    'f:3:9: links[0]: found "a", want two characters [VALUE_INVALID]'
  ]],
  ['a key twice, and what does not fit', 'version: 1\nversion: 1\nlinks: [a]\n', [
    'f:2:1: version: found this key twice in one map, want it once [KEY_TWICE]',
    'f:3:9: links[0]: found "a", want two characters [VALUE_INVALID]'
  ]]
]

const reading = suite('checker')

for (const [name, text, findings] of REFUSED) reading(name, () => { assert.equal(lines(text), findings) })

reading('a good file is a value without findings', () => {
  const { value, findings, at } = checker.read('version: 1\nnets:\n  shop: { vid: 3 }\n', 'f')
  assert.equal([value, findings], [{ version: 1, nets: { shop: { vid: 3 } } }, []])
  assert.equal(at(['nets', 'shop', 'vid']), { line: 3, column: 16 })
  assert.equal(at(['nets', 'shop', 'vid'], 'key'), { line: 3, column: 11 })
  assert.equal(at(['nets', 'shop', 'overlay']), { line: 3, column: 9 }, 'the map around what is not there')
})

reading('a file that does not fit can be looked at, but for where it does not', () => {
  const { value, raw, misfits } = checker.read('version: 1\nnets: { a: { vid: 0 }, B: {} }\nlink: 3\n', 'f')
  assert.equal([value, raw, misfits], [null, { version: 1, nets: { a: { vid: 0 }, B: {} }, link: 3 }, [['link'], ['nets', 'B'], ['nets', 'a', 'vid']]])
})

reading('an alias is looked through', () => {
  assert.equal(lines('version: 1\nnets: { a: &n { vid: 5000 }, b: *n }\n').map((line) => line.split(': ')[1]), ['nets.a.vid', 'nets.b.vid'])
})

const HOSTILE: ReadonlyArray<readonly [string, string, RegExp]> = [
  ['unclosed', 'version: [1\n', /YAML_SYNTAX/],
  ['an unknown tag', 'version: !!python/object 1\n', /YAML_SYNTAX/],
  ['lists in lists without end', 'version: ' + '['.repeat(20000), /YAML_SYNTAX/],
  ['aliases that multiply', 'version: 1\nnets: &a [1,1,1,1,1,1,1,1,1]\n' +
    [...'bcdefgh'].map((c, i) => `${c}: &${c} [${Array.from({ length: 9 }, () => `*${'abcdefg'[i]}`).join()}]`).join('\n'), /aliases/],
  ['an alias to nothing', 'version: *x\n', /YAML_SYNTAX/],
  ['two documents', 'version: 1\n---\nversion: 1\n', /YAML_SYNTAX/]
]
for (const [name, text, wanted] of HOSTILE) {
  reading(`${name} is a finding`, () => { assert.match(lines(text).join('\n'), wanted) })
}

reading('two thousand keys, each with a finding', () => {
  const text = 'version: 1\nnets:\n' + Array.from({ length: 2000 }, (_, i) => `  n${i}: { x: 1 }\n`).join('')
  assert.is(lines(text).length, 2000)
})

reading('__proto__ is a key like any other', () => { assert.match(lines('version: 1\n__proto__: { a: 1 }\n')[0] ?? '', /no such key "__proto__"/) })

reading('pathText quotes what is no word', () => { assert.is(pathText(['nets', 'my net', 2, 'a']), 'nets["my net"][2].a') })
reading.run()
