/** What we believe of packet sockets, and why they are not taken from strangers. */
import assert from 'node:assert/strict'
import { asUser, run, test } from '../e2e/kit/index.ts'

/**
 * Two processes share a socket, as giver and switch do. The giver makes a ring for sending, a queue that lets out few
 * octets a second, and waits in a send of its own; then the other sends one frame with MSG_DONTWAIT. Prints how long that
 * took, in seconds.
 */
const RING = `
import mmap, os, socket, struct, subprocess, time
PACKET, TX_RING, FRAMES, SIZE = 263, 13, 64, 2048
def ip(line): subprocess.check_call(["ip"] + line.split())
ip("link add ra type veth peer name rb"); ip("link set rb up"); ip("link set ra up")
while b"state UP" not in subprocess.check_output(["ip", "link", "show", "ra"]): pass
subprocess.check_call("tc qdisc replace dev ra root tbf rate 1kbit burst 70 limit 100000".split())
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0); s.bind(("ra", 3))
frame = b"\\xff" * 12 + b"\\x88\\xb5" + bytes(46)
s.setsockopt(PACKET, TX_RING, struct.pack("IIII", 4096, FRAMES * SIZE // 4096, SIZE, FRAMES))
ring = mmap.mmap(s.fileno(), FRAMES * SIZE)
for i in range(3):
    struct.pack_into("=QI", ring, i * SIZE, 1, len(frame)); ring[i * SIZE + 32:i * SIZE + 32 + len(frame)] = frame
ready, going = os.pipe()
giver = os.fork()
if giver == 0:
    os.write(going, b"x"); s.setblocking(True); s.send(b""); os._exit(0)
os.read(ready, 1)
while open(f"/proc/{giver}/stat").read().split()[2] != "S": pass
began = time.monotonic()
try: s.send(frame, socket.MSG_DONTWAIT)
except OSError: pass
print(time.monotonic() - began)
os.waitpid(giver, 0)
`

test('a send with MSG_DONTWAIT waits for the lock of a send of whoever shares the socket', { needs: ['userns', 'python3', 'ip', 'tc'] }, async (scene) => {
  const proc = await scene.run(asUser(['/usr/bin/unshare', '--user', '--map-root-user', '--net', 'python3', '-c', RING]))
  assert.ok(Number(proc.out) > 0.1, proc.story)
})

run()
