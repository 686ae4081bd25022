import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ADDRESS, native } from '@vde-ts/native'
import { HEADROOM, OFFLOAD, loop } from '@vde-ts/link'
import { SLOT_STRIDE, receiveSlab } from '@vde-ts/link/receive-slab.js'
import { until } from '@vde-ts/link/testing.js'
import { parseAddress, setPort } from './address.ts'
import { DatagramReceiver } from './datagram-receiver.ts'
import { boundPort, udpSocket } from './udp-socket.ts'

const test = suite('DatagramReceiver')

test('leaves offload headers of zero to those who receive next, whatever receivers did with the headroom', async () => {
  const address = parseAddress('127.0.0.1', 0)!
  const [here, there] = [udpSocket(address, 'test'), udpSocket(address, 'test')]
  setPort(address, boundPort(here))
  native.connectInternet(there, address, 0, ADDRESS)
  let trains = 0
  const receiver = new DatagramReceiver(loop, {
    onTrain (buf, at) {
      trains++
      // A frame behind a header of eight octets: all of its headroom but its own offload header.
      buf.fill(0xee, at + 8 - HEADROOM, at + 8 - OFFLOAD)
    },
    onBurstEnd () {}
  })
  for (let i = 0; i < 3; i++) native.send(there, new Uint8Array(100), 0, 100)
  await until(() => {
    receiver.receive(here, () => true)
    return trains === 3
  }, 'three datagrams')
  for (let slot = 0; slot < 3; slot++) {
    const at = HEADROOM + slot * SLOT_STRIDE
    assert.equal(receiveSlab.buf.subarray(at - OFFLOAD, at), new Uint8Array(OFFLOAD), `slot ${slot}`)
  }
  native.close(here)
  native.close(there)
})

test.run()
