/**
 * Programs of the BSD packet filter (McCanne and Jacobson 1993), as `tcpdump -ddd` prints them: which frames somebody wants
 * to see. A program is checked once, when it is read; after that running it can neither fail nor go on for ever, since
 * every jump leads forward.
 *
 *     instruction:  | code | jump if true | jump if false | k |       a, x: registers    m: 16 words
 *
 * A load outside the frame ends the program with "no", as the kernel's does.
 */

const WORDS = 4
const MEMORY = 16
const LONGEST = 4096

const CLASS = 0x07
const LD = 0
const LDX = 1
const ST = 2
const STX = 3
const ALU = 4
const JMP = 5
const RET = 6
const MISC = 7

const SIZE = 0x18
const HALF = 0x08
const BYTE = 0x10
const MODE = 0xe0
const IMM = 0x00
const ABS = 0x20
const IND = 0x40
const MEM = 0x60
const LEN = 0x80
const MSH = 0xa0

const OP = 0xf0
const FROM_X = 0x08
const FROM_A = 0x10
const DIV = 0x30
const MOD = 0x90
const JA = 0x00
const JGE = 0x30
const JSET = 0x40
const TXA = 0x80

/** The operations of ALU and JMP there are. */
const ALU_OPS: ReadonlySet<number> = new Set([0x00, 0x10, 0x20, DIV, 0x40, 0x50, 0x60, 0x70, 0x80, MOD, 0xa0])

/** A checked program. */
export class PacketFilter {
  readonly #program: Int32Array
  readonly #memory: Int32Array = new Int32Array(MEMORY)

  /**
   * @param text decimal numbers: how many instructions, then four of each
   * @throws {SyntaxError} no program, or one that could fail
   */
  constructor (text: string) {
    const [count = NaN, ...numbers] = text.trim().split(/\s+/).map(Number)
    if (!(count >= 1 && count <= LONGEST) || numbers.length !== count * WORDS || !numbers.every(isWord)) {
      throw new SyntaxError(`Cannot read a packet filter: "${text.slice(0, 40)}" is no program, want the output of tcpdump -ddd`)
    }
    this.#program = Int32Array.from(numbers, (value) => value | 0)
    for (let i = 0; i < count; i++) checkInstruction(this.#program, i, count)
  }

  // One loop over its length: a call for each instruction would cost more than the instruction.
  /** Whether the program wants the frame. */
  matches (buf: Uint8Array, off: number, len: number): boolean {
    const program = this.#program
    const memory = this.#memory
    let a = 0
    let x = 0
    for (let at = 0; ; at += WORDS) {
      const code = program[at]
      const k = program[at + 3]
      switch (code & CLASS) {
        case LD: case LDX: {
          const mode = code & MODE
          const place = mode === IND ? x + k : k
          let value = 0
          if (mode === IMM) value = k
          else if (mode === MEM) value = memory[k]
          else if (mode === LEN) value = len
          else if (place < 0 || place + octetsOf(code) > len) return false
          else if (mode === MSH) value = (buf[off + k] & 0x0f) * 4
          else value = load(code, buf, off + place)
          if ((code & CLASS) === LD) a = value
          else x = value
          break
        }
        case ST: memory[k] = a; break
        case STX: memory[k] = x; break
        case ALU: {
          const operand = (code & FROM_X) !== 0 ? x : k
          const op = code & OP
          if (operand === 0 && (op === DIV || op === MOD)) return false
          a = compute(op, a, operand)
          break
        }
        case JMP: {
          if ((code & OP) === JA) at += k * WORDS
          else at += program[at + (compare(code & OP, a, (code & FROM_X) !== 0 ? x : k) ? 1 : 2)] * WORDS
          break
        }
        case RET: return ((code & FROM_A) !== 0 ? a : k) !== 0
        default:
          if ((code & TXA) !== 0) a = x
          else x = a
      }
    }
  }
}

const isWord = (value: number): boolean => Number.isInteger(value) && value >= -0x8000_0000 && value <= 0xffff_ffff

const octetsOf = (code: number): number => {
  const size = code & SIZE
  return size === BYTE ? 1 : size === HALF ? 2 : 4
}

const load = (code: number, buf: Uint8Array, at: number): number => {
  const size = code & SIZE
  if (size === BYTE) return buf[at]
  if (size === HALF) return (buf[at] << 8) | buf[at + 1]
  return (buf[at] << 24) | (buf[at + 1] << 16) | (buf[at + 2] << 8) | buf[at + 3]
}

const compute = (op: number, a: number, b: number): number => {
  switch (op) {
    case 0x00: return (a + b) | 0
    case 0x10: return (a - b) | 0
    case 0x20: return Math.imul(a, b)
    case DIV: return ((a >>> 0) / (b >>> 0)) | 0
    case 0x40: return a | b
    case 0x50: return a & b
    case 0x60: return (b >>> 0) < 32 ? a << b : 0
    case 0x70: return (b >>> 0) < 32 ? (a >>> b) | 0 : 0
    case 0x80: return -a | 0
    case MOD: return ((a >>> 0) % (b >>> 0)) | 0
    default: return a ^ b
  }
}

const compare = (op: number, a: number, b: number): boolean => {
  if (op === JSET) return (a & b) !== 0
  if (op === 0x10) return a === b
  return op === JGE ? (a >>> 0) >= (b >>> 0) : (a >>> 0) > (b >>> 0)
}

/** @throws {SyntaxError} an instruction that does not exist, a jump out of the program, a load that cannot be */
const checkInstruction = (program: Int32Array, i: number, count: number): void => {
  const code = program[i * WORDS]
  const jumps = [program[i * WORDS + 1], program[i * WORDS + 2]]
  const k = program[i * WORDS + 3]
  const left = count - 1 - i
  const isGood = (() => {
    switch (code & CLASS) {
      case LD: case LDX: return isLoad(code, k) && left > 0
      case ST: case STX: return k >= 0 && k < MEMORY && left > 0
      case ALU: return ALU_OPS.has(code & OP) && left > 0
      case JMP:
        if ((code & OP) === JA) return k >= 0 && k < left
        return (code & OP) <= JSET && jumps.every((jump) => jump >= 0 && jump < left)
      case MISC: return left > 0
      default: return true
    }
  })()
  if (!isGood) throw new SyntaxError(`Cannot read a packet filter: instruction ${i} (${code} ${jumps.join(' ')} ${k}) cannot be`)
}

const isLoad = (code: number, k: number): boolean => {
  const mode = code & MODE
  if (mode === MEM) return k >= 0 && k < MEMORY
  if (mode === MSH) return (code & CLASS) === LDX && (code & SIZE) === BYTE && k >= 0
  if (mode === IMM || mode === LEN) return true
  // Negative places are the kernel's ancillary data, which a frame on its own does not have.
  return (code & CLASS) === LD && (mode === IND || (mode === ABS && k >= 0)) && (code & SIZE) !== SIZE
}
