/** vdenet doctor: what this machine lacks for networks, and the command that gives it. */
import { accessSync, constants, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { daemonPaths } from '@vde-ts/lab/daemon/paths.js'
import { idSource } from '@vde-ts/lab/node/ids.js'
import { startNode } from '@vde-ts/lab/node/start.js'
import { isInstalled } from '@vde-ts/lab/realm/programs.js'
import type { Program } from '../run.ts'
import { print } from '../stdout.ts'

/** Something looked at. */
interface Finding {
  readonly what: string
  /** Null: it is there. */
  readonly lack: string | null
  /** Networks can run without it. */
  readonly isOptional: boolean
}

/** Programs that commands and files call for: Debian's package of each. */
const PROGRAMS: ReadonlyArray<readonly [program: string, pack: string, what: string]> = [
  ['ping', 'iputils-ping', 'expect lines with ping'],
  ['iperf3', 'iperf3', 'expect lines with tcp'],
  ['nft', 'nftables', 'nat'],
  ['tcpdump', 'tcpdump', 'vdenet capture'],
  ['bird', 'bird2', 'OSPF, BGP and RIP'],
  ['dnsmasq', 'dnsmasq-base', 'DHCP and DNS']
]

/** vdenet doctor */
export const doctorCommand = async (_program: Program): Promise<number> => {
  const findings = [await namespaces(), tun(), ids(), descriptors(), runtime(), ...PROGRAMS.map(program)]
  for (const { what, lack, isOptional } of findings) {
    print(lack === null ? `ok       ${what}\n` : `${isOptional ? 'optional' : 'MISSING '} ${what}: ${lack}\n`)
  }
  return findings.some(({ lack, isOptional }) => lack !== null && !isOptional) ? 1 : 0
}

const namespaces = async (): Promise<Finding> => {
  const dir = mkdtempSync(join(tmpdir(), 'vdenet-doctor-'))
  let lack: string | null = null
  try {
    await (await startNode({ name: 'doctor', socket: join(dir, 'node'), dir, ids: idSource() })).destroy()
  } catch (error) { lack = (error as Error).message }
  rmSync(dir, { recursive: true, force: true })
  return { what: 'nodes (user, network, mount, PID and UTS namespaces)', lack, isOptional: false }
}

const tun = (): Finding => {
  let lack: string | null = null
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    lack = isMissing ? 'it is not there: sudo modprobe tun' : 'it is closed to this user: sudo chmod 0666 /dev/net/tun'
  }
  return { what: 'interfaces (/dev/net/tun)', lack, isOptional: false }
}

const ids = (): Finding => {
  const hasMany = idSource().kind !== 'one'
  const lack = hasMany ? null : 'one id is mapped, so all accounts in a node are root: sudo apt-get install uidmap, and a range in /etc/subuid and /etc/subgid'
  return { what: 'nodes with 65536 ids', lack, isOptional: true }
}

/** A node takes some five of the daemon's. */
const descriptors = (): Finding => {
  const lack = hardLimit() >= 4096 ? null : `the limit is ${hardLimit()}, enough for ${Math.floor(hardLimit() / 6)} nodes: ulimit -Hn`
  return { what: 'open files', lack, isOptional: true }
}

const hardLimit = (): number => {
  // Node raises its own limit to the hard one at its start.
  const report = process.report as unknown as { getReport (): { userLimits: { open_files: { hard: number | string } } } }
  return Number(report.getReport().userLimits.open_files.hard) || Infinity
}

const runtime = (): Finding => {
  let lack: string | null = null
  try {
    readdirSync(join(daemonPaths().root, '..'))
  } catch (error) { lack = (error as Error).message }
  return { what: 'a runtime directory of this user', lack, isOptional: false }
}

const program = ([name, pack, what]: typeof PROGRAMS[number]): Finding =>
  ({ what: `${name}, for ${what}`, lack: isInstalled(name) ? null : `sudo apt-get install ${pack}`, isOptional: true })
