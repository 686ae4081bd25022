/**
 * `npm start`: the main job, shown. A switch, two rootless network namespaces on it, a ping and a TCP stream between
 * them, what was measured. `npm start -- --console` leaves the user at the switch's console afterwards.
 */
import { spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, existsSync, chmodSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { constants as system, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const self = fileURLToPath(import.meta.url)
const bin = (name) => join(root, 'node_modules/.bin', name)
const USER = 1001
const SECONDS = 3
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const PORT = 5201

const has = (name) => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0

const fail = (message) => { console.error(`npm start: ${message}`); process.exit(1) }

/** What the demonstration cannot do without, each with the command that gives it. */
const checkMachine = () => {
  if (!has('ip')) fail('no `ip` command found, iproute2 wanted: apt-get install iproute2')
  if (!existsSync('/dev/net/tun')) fail('no /dev/net/tun found, the tun module wanted: modprobe tun (as root)')
  try { accessSync('/dev/net/tun', constants.R_OK | constants.W_OK) } catch {
    fail('/dev/net/tun is closed to this user: chmod 0666 /dev/net/tun (as root), as distributions ship it')
  }
  const userns = spawnSync(bin('vdens'), ['no', 'true'], { encoding: 'utf8' })
  if (userns.status !== 0) fail(userns.stderr.trim() || 'user namespaces do not work here')
}

/**
 * Root shows the rootless case too: as uid 1001, behind a private /dev/net whose tun has the mode distributions give it.
 * Nothing outside of that mount namespace changes. False: no ordinary user can read this checkout.
 */
const asOrdinaryUser = () => {
  const script = 'mount -t tmpfs -o mode=755 tmpfs /dev/net && mknod -m 0666 /dev/net/tun c 10 200 && ' +
    `exec setpriv --reuid ${USER} --regid ${USER} --clear-groups --inh-caps=-all "$@"`
  const inside = (command) => ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', ...command]
  const readable = spawnSync('unshare', inside(['test', '-r', self])).status === 0
  if (!readable) return false
  const child = spawn('unshare', inside([process.execPath, self, '--inner', ...process.argv.slice(2)]),
    { stdio: 'inherit', env: { ...process.env, HOME: '/' } })
  // It cleans up and ends; a terminal has told it already, which is no harm.
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('close', (status) => process.exit(status ?? 1))
  return true
}

/** Commands that run inside of namespaces; they are ended before the switch, of whose end they would speak. */
const guests = new Set()

const startGuest = (args) => {
  const child = spawn(bin('vdens'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  guests.add(child)
  child.on('exit', () => guests.delete(child))
  return child
}

/** Runs a command to its end. */
const run = (file, args) => toEnd(spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] }))

const toEnd = (child) => new Promise((resolve, reject) => {
  let output = ''
  child.stdout?.on('data', (chunk) => { output += chunk })
  child.on('error', reject)
  child.on('close', (status) => resolve({ status, output }))
})

/** The traffic of a machine without iperf3: one TCP stream through Node's own sockets. */
const receiveStream = () => {
  const server = createServer((socket) => {
    let octets = 0
    const started = process.hrtime.bigint()
    socket.on('data', (chunk) => { octets += chunk.length })
    socket.on('end', () => {
      const seconds = Number(process.hrtime.bigint() - started) / 1e9
      socket.end(JSON.stringify({ bitsPerSecond: octets * 8 / seconds }))
      server.close()
    })
  }).listen(PORT, '10.0.0.1', () => { process.stdout.write('listening\n') })
}

const sendStream = () => {
  const socket = connect(PORT, '10.0.0.1')
  const block = Buffer.alloc(256 * 1024)
  const end = Date.now() + SECONDS * 1000
  const pump = () => { if (Date.now() >= end) socket.end(); else socket.write(block, pump) }
  let answer = ''
  socket.on('connect', pump)
  socket.on('data', (chunk) => { answer += chunk })
  socket.on('close', () => { process.stdout.write(answer) })
}

const inNamespace = (dir, address, script) => [dir, 'sh', '-c',
  `ip addr add ${address}/24 dev vde0 && ip link set lo up && ip link set vde0 up && { ${script}; }`]

const showResults = (rows) => {
  const width = Math.max(...rows.map(([name]) => name.length))
  console.log()
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`)
  console.log()
}

const startListener = (dir) => new Promise((resolve, reject) => {
  const script = has('iperf3') ? `exec iperf3 -s -1 --forceflush -B 10.0.0.1 -p ${PORT}` : `exec "${process.execPath}" "${self}" --receive`
  const child = startGuest(inNamespace(dir, '10.0.0.1', script))
  child.on('error', reject)
  child.on('exit', (status) => reject(new Error(`the first namespace ended with status ${status}`)))
  child.stdout.on('data', (chunk) => { if (/listening/i.test(chunk)) resolve(child) })
})

const measure = async (dir) => {
  const rows = []
  if (has('ping')) {
    const { output } = await toEnd(startGuest(inNamespace(dir, '10.0.0.2', 'ping -q -c 20 -i 0.05 10.0.0.1')))
    const [, received] = output.match(/(\d+) received/) ?? []
    const [, average] = output.match(/= [\d.]+\/([\d.]+)\//) ?? []
    rows.push(['ping', received === undefined ? 'failed' : `${received} of 20 answered, ${average} ms on average`])
  } else rows.push(['ping', 'not measured: apt-get install iputils-ping'])
  const own = `"${process.execPath}" "${self}" --send`
  const script = has('iperf3') ? `iperf3 -J -t ${SECONDS} -c 10.0.0.1 -p ${PORT}` : own
  const { output, status } = await toEnd(startGuest(inNamespace(dir, '10.0.0.2', script)))
  if (status !== 0) throw new Error(`the TCP stream failed: ${output.trim()}`)
  const result = JSON.parse(output)
  const speed = has('iperf3') ? result.end.sum_received.bits_per_second : result.bitsPerSecond
  rows.push(['TCP, one stream', `${(speed / 1e9).toFixed(2)} Gbit/s over ${SECONDS} s`])
  if (has('iperf3')) rows.push(['TCP retransmits', String(result.end.sum_sent.retransmits)])
  else rows.push(['TCP', 'measured with our own traffic: iperf3 is not installed'])
  return rows
}

const switchPorts = async (mgmt) => {
  const { output } = await run(bin('unixcmd'), ['-s', mgmt, 'port/showinfo'])
  return output.match(/Numports=(\d+)/)?.[1] ?? '?'
}

const main = async () => {
  const wantsConsole = process.argv.includes('--console')
  const base = mkdtempSync(join(tmpdir(), 'vde-ts-start-'))
  chmodSync(base, 0o700)
  const dir = join(base, 'switch')
  const mgmt = join(base, 'console')
  let switchPid = 0
  const cleanUp = async () => {
    const ends = [...guests].map((child) => new Promise((resolve) => { child.once('exit', resolve); child.kill('SIGTERM') }))
    await Promise.race([Promise.all(ends), new Promise((resolve) => setTimeout(resolve, 2000))])
    try { if (switchPid > 0) process.kill(switchPid, 'SIGTERM') } catch {}
    rmSync(base, { recursive: true, force: true })
  }
  let isEnding = false
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isEnding) return
      isEnding = true
      void cleanUp().then(() => process.exit(128 + system.signals[signal]))
    })
  }
  try {
    const who = process.getuid() === 0 ? 'root (no ordinary user can read this checkout)' : `uid ${process.getuid()}, an ordinary user`
    console.log(`vde_switch and two network namespaces, as ${who}`)
    const { status } = await run(bin('vde_switch'), ['-s', dir, '-M', mgmt, '-p', join(base, 'pid'), '-d'])
    if (status !== 0) throw new Error(`vde_switch ended with status ${status}`)
    switchPid = Number(readFileSync(join(base, 'pid'), 'utf8'))
    const listener = await startListener(dir)
    const ended = new Promise((resolve) => listener.on('exit', resolve))
    const rows = await measure(dir)
    await ended
    showResults([...rows, ['switch', `${await switchPorts(mgmt)} ports, control directory ${dir}`]])
    if (wantsConsole && process.stdin.isTTY) spawnSync(bin('vdeterm'), [mgmt], { stdio: 'inherit' })
  } catch (error) {
    // What the end of the guests broke is no news.
    if (!isEnding) console.error(`npm start: ${error.message}`)
    process.exitCode = 1
  } finally { if (!isEnding) await cleanUp() }
}

const unknown = process.argv.slice(2).find((word) => !['--console', '--inner', '--receive', '--send'].includes(word))
if (unknown !== undefined) {
  console.error(`npm start: Cannot read the command line: '${unknown}' found, --console or nothing wanted`)
  process.exitCode = 2
} else if (process.argv.includes('--receive')) receiveStream()
else if (process.argv.includes('--send')) sendStream()
else if (process.getuid() !== 0 || process.argv.includes('--inner') || !asOrdinaryUser()) {
  checkMachine()
  await main()
}
