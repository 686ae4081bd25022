/** The part of the schema that is about radios. */
import { wordHelp } from '@vde-ts/impair/words.js'
import { MODEL_NAMES } from '@vde-ts/radio/spec.js'

type Schema = Readonly<Record<string, unknown>>

const text = (description: string): Schema => ({ type: 'string', description })
const metres = (description: string): Schema => ({ type: 'number', description })
const object = (properties: Readonly<Record<string, Schema>>, description: string, required: readonly string[]): Schema =>
  ({ type: 'object', additionalProperties: false, properties, required, description })
const list = (items: Schema, description: string): Schema => ({ type: 'array', items, description })

const WORDS = text('words of impairment in one text: "delay=5ms loss=1%"')
const ENDS = { from: text('the name of a node'), to: text('the name of a node') }
const NAMES = MODEL_NAMES.join(', ')

const MODEL: Schema = {
  type: ['string', 'object'],
  additionalProperties: false,
  required: ['name'],
  description: `one of ${NAMES}, or a map with name and what that model has`,
  properties: {
    name: { enum: MODEL_NAMES },
    range: metres('metres'),
    rate: text('bits a second with their unit: 54mbit'),
    exponent: metres('a number'),
    reference: metres('a number of dB'),
    power: metres('a number of dBm'),
    shadowing: metres('a number of dB'),
    asymmetry: metres('a number of dB'),
    table: list(object({ upTo: metres('metres'), impair: { ...WORDS, type: ['string', 'null'] }, ...ENDS },
      'a map with impair and upTo', ['impair']), 'a list of rows'),
    impair: WORDS,
    directions: list(object({ ...ENDS, impair: WORDS }, 'a map with from, to, impair', ['from', 'to', 'impair']), 'a list of directions'),
    hysteresis: object({ connect: metres('metres'), disconnect: metres('metres') }, 'a map with connect and disconnect', ['connect', 'disconnect'])
  }
}

/** A radio. */
export const RADIO: Schema = object({
  hub: { type: 'boolean', description: 'true or false' },
  model: MODEL,
  seed: { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'a whole number, 0 or more' },
  if: { type: 'string', pattern: '^[^\\s/:]{1,15}$', description: 'an interface name of at most 15 characters without "/", ":", blanks' },
  nodes: {
    type: 'object',
    description: 'a map of nodes, each with its position: [x, y] in metres',
    additionalProperties: {
      type: ['array', 'object', 'null'],
      items: metres('metres'),
      minItems: 2,
      maxItems: 3,
      additionalProperties: false,
      properties: Object.fromEntries(wordHelp().map(([name]) => [name, { $ref: '#/definitions/word' }])),
      description: 'a position of two or three numbers; in a hub a map of impairments'
    }
  }
}, 'a map of a radio', ['nodes'])
