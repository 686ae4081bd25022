/**
 * Somebody on the way of a UDP cable, in the namespace of a host: passes datagrams on between a client and a server,
 * keeps them, may speak from another port from now on, and sends the server whatever it likes as a stranger.
 */
import type { Host } from './host.ts'
import type { Proc } from './proc.ts'

/** What runs there: commands on its standard input, one a line, and one line in answer to each. */
const PROGRAM = `
const { createSocket } = require('node:dgram')
const [port, host, serverPort] = process.argv.slice(1)
const type = host.includes(':') ? 'udp6' : 'udp4'
const front = createSocket(type), kept = []
let client, back, answers = 0
const open = () => {
  back = createSocket(type)
  back.on('message', (octets) => { kept.push({ octets, toServer: false }); if (client) front.send(octets, client.port, client.address) })
}
front.on('message', (octets, from) => { client = from; kept.push({ octets, toServer: true }); back.send(octets, Number(serverPort), host) })
const stranger = createSocket(type)
stranger.on('message', () => { answers++ })
const say = async (list) => {
  for (const octets of list) {
    await new Promise((resolve) => stranger.send(octets, Number(serverPort), host, resolve))
    await new Promise((resolve) => setImmediate(resolve))
  }
}
const commands = {
  move: async () => { const old = back; open(); setTimeout(() => old.close(), 5000).unref() },
  replay: async () => { await say(kept.filter((one) => one.toServer).map((one) => one.octets)); return kept.length },
  reflect: async () => { await say(kept.filter((one) => !one.toServer).map((one) => one.octets)) },
  noise: async () => {
    const { randomBytes, randomInt } = require('node:crypto')
    await say(Array.from({ length: 2000 }, (_, i) => {
      const octets = i % 3 === 0 ? randomBytes(randomInt(200)) : Buffer.from(kept[randomInt(kept.length)].octets)
      if (octets.length > 0) octets[randomInt(octets.length)] ^= 1 + randomInt(255)
      return octets
    }))
  },
  answers: async () => answers,
  initiations: async () => kept.filter((one) => one.octets[0] === 0x11).length,
  fromServer: async () => kept.filter((one) => !one.toServer).length
}
front.bind(Number(port), () => { open(); console.log('ready') })
let queue = Promise.resolve()
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  queue = queue.then(() => commands[line]()).then((value) => console.log(line + ' ' + (value ?? 'done')))
}).on('close', () => process.exit(0))
`

export class UdpRelay {
  readonly #proc: Proc

  private constructor (proc: Proc) { this.#proc = proc }

  /** Listens on `port` of a host, for a server at `address` and `serverPort`. */
  static async open (host: Host, port: number, address: string, serverPort: number): Promise<UdpRelay> {
    const relay = new UdpRelay(host.start([process.execPath, '-e', PROGRAM, '--', String(port), address, String(serverPort)]))
    await relay.#proc.says(/ready\n/)
    return relay
  }

  /**
   * `move`: from another port from now on; `replay`, `reflect`: sends the server again what it got, or what it sent itself;
   * `noise`: 2000 datagrams, random, or kept ones with an octet changed. `answers`: how many the stranger got;
   * `fromServer`: how many the server sent the client; `initiations`: how many handshakes of secure:// were begun. Answers
   * when that is done.
   */
  async tell (what: 'move' | 'replay' | 'reflect' | 'noise' | 'answers' | 'fromServer' | 'initiations'): Promise<number> {
    const from = this.#proc.out.length
    this.#proc.write(`${what}\n`)
    await this.#proc.says(new RegExp(`^[\\s\\S]{${from}}${what} (\\w+)\n`), 20_000)
    return Number(/ (\w+)\n/.exec(this.#proc.out.slice(from))![1])
  }
}
