/**
 * What a side needs, found by looking: Debian's programs, and features of our own that may not be built yet. A need that
 * is not met has a reason, which the report shows in place of a figure.
 */
import { lstatSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { Site, asUser } from './site.ts'
import { startSwitch } from './networks.ts'
import { find, ours } from './programs.ts'

/** Programs by their Debian packages, and features of ours by what shows that they are there. */
export type Need =
  'iperf3' | 'ping' | 'ip' | 'nsenter' | 'tun' | 'c:vde_switch' | 'c:vdens' | 'c:vde_plug' | 'c:wirefilter' | 'c:switch' |
  'slirp4netns' | 'pasta' | 'nft' | 'account' | 'attach' | 'packet' | 'no-offload'

/** Why a need is not met. `isOurs`: it is a feature of ours that does not exist yet. */
export interface Lack {
  readonly need: Need
  readonly isOurs: boolean
  readonly reason: string
}

const PACKAGES: Readonly<Partial<Record<Need, readonly [program: string, from: string]>>> = {
  iperf3: ['iperf3', 'iperf3'],
  ping: ['ping', 'iputils-ping'],
  ip: ['ip', 'iproute2'],
  nsenter: ['nsenter', 'util-linux'],
  slirp4netns: ['slirp4netns', 'slirp4netns'],
  pasta: ['pasta', 'passt'],
  nft: ['nft', 'nftables'],
  'c:vde_switch': ['vde_switch', 'vde-switch'],
  'c:vdens': ['vdens', 'vdens'],
  'c:vde_plug': ['vde_plug', 'vdeplug'],
  'c:wirefilter': ['wirefilter', 'vde-wirefilter'],
  'c:switch': ['vde_plug', 'vdeplug']
}

const isWritable = (path: string): boolean => {
  const [file, ...args] = asUser(['test', '-r', path, '-a', '-w', path])
  return spawnSync(file!, args).status === 0
}

/** True when our vdens names the option in its help. */
const hasOption = (option: string): boolean => {
  const [file, ...args] = [...ours('vdens'), '--help']
  const { stdout, stderr } = spawnSync(file!, args, { encoding: 'utf8' })
  return `${stdout}${stderr}`.includes(option)
}

/** True when our switch offers the attach socket beside its control socket. */
const hasAttach = async (): Promise<boolean> => {
  const site = new Site()
  try {
    const { dir } = await startSwitch(site, 'ours', 'probe')
    return lstatSync(`${dir}/attach`, { throwIfNoEntry: false })?.isSocket() ?? false
  } finally {
    await site.close()
  }
}

const hasAccount = (): boolean => {
  const [file, ...args] = asUser(['id', '--user', '--name'])
  return spawnSync(file!, args).status === 0
}

const look = async (need: Need): Promise<Lack | null> => {
  const known = PACKAGES[need]
  if (known !== undefined) {
    return find(known[0]) !== undefined
      ? null
      : { need, isOurs: false, reason: `${known[0]} is not installed (Debian package ${known[1]})` }
  }
  if (need === 'tun') {
    return isWritable('/dev/net/tun') ? null : { need, isOurs: false, reason: '/dev/net/tun is missing or closed to ordinary users' }
  }
  if (need === 'account') {
    return hasAccount() ? null : { need, isOurs: false, reason: 'the ordinary user is in no password database, and the C plug-in wants him there' }
  }
  if (need === 'attach') return await hasAttach() ? null : { need, isOurs: true, reason: 'our vde_switch has no attach socket' }
  return hasOption(`--${need}`) ? null : { need, isOurs: true, reason: `our vdens has no option --${need}` }
}

/** Looks once for each need. */
export class Needs {
  readonly #found = new Map<Need, Promise<Lack | null>>()
  readonly #waived: ReadonlySet<Need>

  /** @param waived needs taken as met, to try the harness out before they are */
  constructor (waived: readonly Need[] = []) { this.#waived = new Set(waived) }

  /** What of `needs` is not there. */
  async lacks (needs: readonly Need[]): Promise<Lack[]> {
    const lacks: Lack[] = []
    for (const need of needs) {
      if (this.#waived.has(need)) continue
      if (!this.#found.has(need)) this.#found.set(need, look(need))
      const lack = await this.#found.get(need)!
      if (lack !== null) lacks.push(lack)
    }
    return lacks
  }
}
