/**
 * A transfer through a cable over real ssh whose connection is cut again and again: what TCP makes of the time without a
 * network is its own affair; that no octet is wrong is that of the cable and of `restart://`.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { namespace, type Shell } from './namespace.ts'
import { ours } from './pick.ts'
import type { Proc } from './proc.ts'
import type { Scene } from './scene.ts'
import { SshHost } from './ssh.ts'
import { startSwitch } from './switches.ts'
import { waitFor } from './wait.ts'

/** The programs of ours that take part. */
export const CABLE_COMMANDS: readonly string[] = ['vde_switch', 'vde_plug', 'vdens']
const MS = 600_000

/** Sends `octets` from a namespace on the near switch to one on the far one, and kills the ssh after each `cutEvery` octets. */
export const cutTransfer = async (scene: Scene, octets: number, cutEvery: number): Promise<void> => {
  const host = await SshHost.open(scene, ours('vde_plug'))
  const there = await startSwitch(scene, ours('vde_switch'), { name: 'far', user: true })
  mkdirSync(`${host.home}/.vdeplug`)
  symlinkSync(there.dir, `${host.home}/.vdeplug/default`)
  const here = await startSwitch(scene, ours('vde_switch'), { name: 'near', user: true })
  const cable = scene.start(host.inside([ours('vde_plug'), here.dir, `restart://{cmd://${host.ssh('vde_plug').join(' ')}}`]))
  const [a, b] = [namespace(scene, ours('vdens'), [here.dir]), namespace(scene, ours('vdens'), [there.dir])]
  await a.address('10.99.0.1/24')
  await b.address('10.99.0.2/24')
  await a.ping('10.99.0.2', 15_000)
  await b.must('socat -u TCP-LISTEN:5000 SYSTEM:sha256sum & listener=$!; until grep -q :1388 /proc/net/tcp; do sleep 0.02; done')
  // Pseudo-random without being kept anywhere: the sender's sum is of what it sent.
  const data = `openssl enc -aes-128-ctr -nosalt -K ${'0'.repeat(32)} -iv ${'0'.repeat(32)} </dev/zero 2>/dev/null | head -c ${octets}`
  await a.must(`${data} | socat -u - TCP:10.99.0.2:5000 & sender=$!`)
  const cuts = await cutWhile(b, cable, octets, cutEvery)
  assert.ok(cuts >= Math.floor(octets / cutEvery) - 1, `${cuts} cuts`)
  await a.must('wait $sender', MS)
  const got = await b.must('wait $listener', MS)
  const sent = await a.must(`${data} | sha256sum`, MS)
  assert.match(got + b.proc.out, new RegExp(sent.slice(0, 64)), cable.story)
}

const received = async (shell: Shell): Promise<number> =>
  Number(/vde0:\s*(\d+)/.exec(await shell.must('grep vde0 /proc/net/dev'))?.[1])

/** @returns how often the ssh was killed before everything had come */
const cutWhile = async (shell: Shell, cable: Proc, octets: number, cutEvery: number): Promise<number> => {
  let cuts = 0
  for (let next = cutEvery; next < octets; next += cutEvery) {
    await waitFor(async () => await received(shell) >= next, MS, `${next} octets`, () => cable.story)
    const ssh = Number(readFileSync(`/proc/${cable.pid}/task/${cable.pid}/children`, 'utf8').trim().split(' ')[0])
    if (ssh === 0) continue // it was cut, and is not back yet
    process.kill(ssh, 'SIGKILL')
    cuts++
  }
  return cuts
}
