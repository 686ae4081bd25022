/**
 * The engine's process: libslirp, and nothing else that could be hurt by it. A frame that makes the library fail, or worse,
 * ends this process and with it one link.
 *
 *     link --FRAMES_FD, frames behind their offload header-- TapLink --Wire-- SlirpStack --> sockets of this host
 *          --CONTROL_FD: settings, answer, wishes
 *
 * It ends when its link does.
 */
import { native, IN } from '@vde-ts/native'
import { ConsoleServer, slirpConsole } from '@vde-ts/console'
import { VdeError, Wire, loop } from '@vde-ts/link'
import { socketDevice } from '@vde-ts/tun-tap'
import { tapLink } from '../tap-link.ts'
import { CONTROL_FD, FRAMES_FD, hear, tell } from './engine-protocol.ts'
import { ForwardTable } from './forward-table.ts'
import type { SlirpSettings } from './settings.ts'
import { SlirpStack } from './stack.ts'
import { networkContext } from './network-context.ts'

const EIO = 5

/** Opens everything, or nothing. */
const start = (settings: SlirpSettings): void => {
  const wire = new Wire()
  const stack = new SlirpStack(settings, wire.right, loop)
  const forwards = new ForwardTable(stack.stack)
  for (const forward of settings.forwards) forwards.add(forward)
  const server = settings.mgmt === ''
    ? null
    : new ConsoleServer({
      path: settings.mgmt,
      mode: settings.mgmtMode,
      console: slirpConsole(networkContext(settings, forwards)),
      loop,
      onShutdown: () => { end() }
    })
  const end = (): never => {
    server?.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  const guest = tapLink(FRAMES_FD, '', wire.left, loop, { device: socketDevice, label: 'guest' })
  wire.join(guest, stack, end)
  loop.add(CONTROL_FD, IN, {
    onReady () {
      const wish = hear(CONTROL_FD)
      if (wish === null) return end()
      if (wish !== undefined && 'offload' in wish) stack.setOffload(wish.offload === true)
    }
  })
}

native.setProcessName('vde_slirp')
for (const fd of [FRAMES_FD, CONTROL_FD]) {
  native.setCloexec(fd, true)
  native.setNonblock(fd, true)
}
try {
  start(hear(CONTROL_FD) as SlirpSettings)
  tell(CONTROL_FD, { version: native.slirpVersion() })
} catch (error) {
  const text = error instanceof VdeError ? error.message.replace(/^Cannot open slirp:\/\/: /, '') : String((error as Error).stack)
  tell(CONTROL_FD, { errno: error instanceof VdeError ? error.errno : EIO, text })
  process.exit(1)
}
