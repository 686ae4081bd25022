/**
 * What the VDE tutorials have their readers type, S1 to S23 of our numbering: each with all programs ours, and again
 * with Debian's in the place of one kind of them. An ordinary user types it, on a machine of his own.
 */
import assert from 'node:assert/strict'
import { Host, endPeer, meet, ours, peer, run, test, type Scene, type Shell } from './kit/index.ts'

const NEEDS = ['userns', 'tun', 'ip', 'ping']
const OURS = ['vde_switch', 'vde_plug', 'vdens', 'dpipe']

/** Who plays which part. */
interface Cast {
  readonly name: string
  readonly plug: string
  readonly vdens: string
  readonly dpipe: string
}

const ALL_OURS: Cast = { name: 'all ours', plug: ours('vde_plug'), vdens: ours('vdens'), dpipe: ours('dpipe') }
const CASTS: readonly Cast[] = [
  ALL_OURS,
  { ...ALL_OURS, name: "Debian's vdens", vdens: peer('vdens') },
  { ...ALL_OURS, name: "Debian's vde_plug and dpipe", plug: peer('vde_plug'), dpipe: peer('dpipe') }
]

/** One scenario with each cast that differs for it. */
const scenario = (name: string, parts: ReadonlyArray<'plug' | 'vdens'>, body: (host: Host, cast: Cast, dir: string) => Promise<void>, needs: readonly string[] = []): void => {
  for (const cast of CASTS) {
    if (cast !== ALL_OURS && !parts.some((part) => cast[part] !== ALL_OURS[part])) continue
    test(`${name}, ${cast.name}`, { needs: [...NEEDS, ...needs, 'vde_plug', 'vdens'], ours: OURS, ms: 40_000 }, async (scene: Scene) => {
      await body(await Host.open(scene), cast, scene.shared('tmp'))
    })
  }
}

/** `vdens VNL...` with an address. */
const station = async (host: Host, cast: Cast, vnl: readonly string[], address: string): Promise<Shell> => {
  const shell = host.shell([cast.vdens, ...vnl])
  await shell.address(address)
  return shell
}

/** Both ways, and then the ends of both. */
const together = async (a: Shell, aAddress: string, b: Shell, bAddress: string): Promise<void> => {
  await a.ping(bAddress)
  await b.ping(aAddress)
  await endPeer(a, b)
}

scenario('S1: a namespace with a loopback only', ['vdens'], async (host, cast) => {
  const proc = host.start([cast.vdens], { stdin: 'pipe' })
  proc.write('ip link set lo up && ping -c 1 127.0.0.1; ip -o link | wc -l; exit\n')
  await proc.ends(5000)
  assert.match(proc.out, /1 received[\s\S]*\n1\n$/)
})

for (const [what, vnl, join] of [
  ['switch://', 'switch://', 'vde://'],
  ['hub://', 'hub://', 'vde://'],
  ['a plain path', 'switch://', '']
] as const) {
  scenario(`S2: two namespaces and ${what}`, ['plug', 'vdens'], async (host, cast, dir) => {
    host.start([cast.plug, 'null://', `${vnl}${dir}/mysw`])
    await host.scene.exists(`${dir}/mysw/ctl`)
    const a = await station(host, cast, [`${join}${dir}/mysw`], '10.0.0.10/24')
    const b = await station(host, cast, [`${join}${dir}/mysw`], '10.0.0.11/24')
    await together(a, '10.0.0.10', b, '10.0.0.11')
  })
}

scenario('S3: sniffing on a hub', ['plug', 'vdens'], async (host, cast, dir) => {
  host.start([cast.plug, 'null://', `hub://${dir}/hub`])
  await host.scene.exists(`${dir}/hub/ctl`)
  const a = await station(host, cast, [`vde://${dir}/hub`], '10.0.0.10/24')
  const b = await station(host, cast, [`vde://${dir}/hub`], '10.0.0.11/24')
  const sniffer = host.shell([cast.vdens, `vde://${dir}/hub`])
  await sniffer.must('ip link set vde0 up')
  await sniffer.must(`TMPDIR=${dir} tshark -lni vde0 icmp >${dir}/heard 2>${dir}/said & until grep -qs 'Capture started' ${dir}/said; do sleep 0.02; done`)
  await a.ping('10.0.0.11')
  for (const line of ['10.0.0.10 .* 10.0.0.11 .* request', '10.0.0.11 .* 10.0.0.10 .* reply']) {
    await sniffer.must(`until grep -q '${line}' ${dir}/heard; do sleep 0.02; done`)
  }
  await sniffer.must('kill $!')
  await endPeer(a, b, sniffer)
}, ['tshark'])

scenario('S5: a namespace on two networks', ['plug', 'vdens'], async (host, cast, dir) => {
  for (const name of ['one', 'two']) {
    host.start([cast.plug, 'null://', `switch://${dir}/${name}`])
    await host.scene.exists(`${dir}/${name}/ctl`)
  }
  const a = host.shell([cast.vdens, '--multi', `vde://${dir}/one`, `vde://${dir}/two`, '--'])
  await a.address('10.0.1.1/24', 'vde0')
  await a.address('10.0.2.1/24', 'vde1')
  const b = await station(host, cast, [`vde://${dir}/one`], '10.0.1.2/24')
  const c = await station(host, cast, [`vde://${dir}/two`], '10.0.2.2/24')
  await b.ping('10.0.1.1')
  await c.ping('10.0.2.1')
  await a.ping('10.0.1.2')
  await endPeer(a, b, c)
})

scenario('S17: cables between two switches', ['plug'], async (host, cast, dir) => {
  for (const name of ['sw1', 'sw2', 'sw3']) {
    host.start([ours('vde_switch'), '-s', `${dir}/${name}`, '--nostdin'])
    await host.scene.exists(`${dir}/${name}/ctl`)
  }
  host.start([cast.dpipe, cast.plug, `${dir}/sw1`, '=', cast.plug, `vde://${dir}/sw2`])
  host.start([cast.plug, `${dir}/sw2`, `${dir}/sw3`])
  const a = host.plug([cast.plug, `${dir}/sw1`], 1)
  const b = host.plug([cast.plug, `${dir}/sw3`], 2)
  await meet(a, b)
})

scenario('S23: a rootless container joins', ['plug'], async (host, cast, dir) => {
  host.start([cast.plug, `switch://${dir}/switch`, 'null://'])
  await host.scene.exists(`${dir}/switch/ctl`)
  const [one, two] = await Promise.all([Host.open(host.scene), Host.open(host.scene)])
  for (const [container, address] of [[one, '192.168.42.100'], [two, '192.168.42.101']] as const) {
    container.start([cast.plug, `vde://${dir}/switch`, 'tap://vde'])
    await container.root.must(`until ip link set vde up 2>/dev/null; do sleep 0.02; done; ip addr add ${address}/24 dev vde`)
  }
  await one.root.ping('192.168.42.101')
  await two.root.ping('192.168.42.100')
})

run()
