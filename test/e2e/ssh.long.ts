/** A gibibyte through a cable over ssh that is cut each time another tenth of it has come. */
import { CABLE_COMMANDS, cutTransfer, run, test } from './kit/index.ts'

const NEEDS = ['root', 'sshd', 'ssh', 'ssh-keygen', 'ss', 'userns', 'tun', 'ip', 'ping', 'socat', 'openssl']

test('1 GiB through restart://{cmd://ssh ...}, cut nine times, is intact', { needs: NEEDS, ours: CABLE_COMMANDS, ms: 600_000 }, async (scene) => {
  const start = performance.now()
  await cutTransfer(scene, 1 << 30, (1 << 30) / 10)
  console.log(`    1 GiB in ${((performance.now() - start) / 1000).toFixed(1)} s`)
})

run()
