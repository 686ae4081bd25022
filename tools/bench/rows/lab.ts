/** Rows of declared networks: how long a ring of nodes takes to come, what it costs, and how long to go. */
import { readFileSync, readdirSync } from 'node:fs'
import { ours } from '../lib/programs.ts'
import type { Measure, Row, Sample } from '../lib/row.ts'
import type { Site } from '../lib/site.ts'

const KIB_OF_MIB = 1024

/** A ring: eth0 of each node is cabled to eth1 of the next. */
const ring = (count: number): string => {
  const nodes = Array.from({ length: count }, (_, i) => {
    const before = (i + count - 1) % count
    return `  n${i}: { if: { eth0: { ip: 10.${i >> 8}.${i & 255}.1/30 }, eth1: { ip: 10.${before >> 8}.${before & 255}.2/30 } } }`
  })
  const links = Array.from({ length: count }, (_, i) => `  - { a: "n${i}:eth0", b: "n${(i + 1) % count}:eth1" }`)
  return ['vdenet: 1', 'nodes:', ...nodes, 'links:', ...links, ''].join('\n')
}

const vdenet = async (site: Site, ...words: readonly string[]): Promise<number> => {
  const begun = performance.now()
  const program = site.start(['env', `XDG_RUNTIME_DIR=${site.dir}`, ...ours('vdenet'), ...words])
  await program.ended
  if (program.err !== '') throw new Error(`Cannot go on: ${program.story}`)
  return (performance.now() - begun) / 1000
}

/** Memory that is theirs alone or their share of it, of the inits and the daemon of a site; and how many they are. */
const cost = (dir: string): Readonly<Record<string, number>> => {
  let kib = 0
  let processes = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const isNode = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(`${dir}/vde-ts/`)
      const isDaemon = !isNode && readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`XDG_RUNTIME_DIR=${dir}\0`)
      if (!isNode && !isDaemon) continue
      processes++
      kib += Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0)
    } catch { /* gone, or another user's */ }
  }
  return { MiB: kib / KIB_OF_MIB, processes }
}

const comeAndGo = (site: Site, count: number): Measure => async () => {
  const file = site.secret('ring.yaml', ring(count))
  try {
    const value = await vdenet(site, 'apply', file)
    await vdenet(site, 'exec', 'n0', 'ping', '-c1', '-W2', '10.0.0.2')
    const extra = cost(site.dir)
    return { value, extra: { ...extra, 'stop s': await vdenet(site, 'stop') } } satisfies Sample
  } catch (error) {
    await vdenet(site, 'clean')
    throw error
  }
}

const row = (count: number, seconds: number): Row => ({
  name: `ring-${count}`,
  work: `a ring of ${count} nodes: "vdenet apply" from nothing, and a ping`,
  against: 'nothing: LSDN has no nodes',
  unit: 's',
  target: { op: '<=', value: seconds, of: 'value', unit: 's' },
  also: [{ extra: 'stop s', unit: 's' }, { extra: 'MiB', unit: 'MiB' }, { extra: 'processes', unit: '' }],
  ours: { name: 'vdenet', needs: ['tun', 'ping'], open: async (site) => comeAndGo(site, count) },
  runs: 3
})

/** See above. */
export const labRows: readonly Row[] = [row(10, 0.5), row(100, 2), row(1000, 15)]
