import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isPcap, PCAP_RECORD, pcapHeader, wholeRecords, writePcapRecord } from './pcap.ts'
import { bytesPerRun, hex } from './testing.ts'

const pcap = suite('pcap')

// magic, version 2.4, zone, accuracy, longest frame, Ethernet
pcap('a file begins as libpcap writes it', () => {
  assert.equal(pcapHeader(96), hex('d4c3b2a1 0200 0400 00000000 00000000 60000000 01000000'))
})

pcap('isPcap looks at everything but the longest frame', () => {
  assert.ok(isPcap(pcapHeader(1)))
  for (const at of [0, 4, 8, 12, 20]) assert.not.ok(isPcap(pcapHeader(1).map((octet, i) => i === at ? octet + 1 : octet)))
  assert.not.ok(isPcap(pcapHeader(1).subarray(1)))
})

// seconds, microseconds, octets here, octets on the wire, the frame, at a place that is not the beginning
pcap('a record has its time and the whole frame', () => {
  const to = new Uint8Array(2 + PCAP_RECORD + 3)
  writePcapRecord(to, 2, Float64Array.of(0x6b068b6e * 1e6 + 0x07cd15), hex('ff 0a0b0c'), 1, 3)
  assert.equal(to, hex('0000 6e8b066b 15cd0700 03000000 03000000 0a0b0c'))
})

pcap('wholeRecords leaves out what is cut, wherever it is cut', () => {
  const file = new Uint8Array(24 + 2 * (PCAP_RECORD + 14))
  file.set(pcapHeader(96))
  for (const at of [24, 54]) writePcapRecord(file, at, Float64Array.of(1), new Uint8Array(14), 0, 14)
  for (let len = 0; len <= file.length; len++) {
    const wanted = len < 24 ? 0 : len < 54 ? 24 : len < 84 ? 54 : 84
    assert.is(wholeRecords(file.subarray(0, len), true), wanted, `${len} octets`)
    if (len >= 24) assert.is(wholeRecords(file.subarray(24, len), false), wanted - 24, `${len} octets without the header`)
  }
})

pcap('nothing stays on the heap', () => {
  const to = new Uint8Array(200)
  const time = Float64Array.of(1.7e15)
  const frame = new Uint8Array(60)
  assert.ok(bytesPerRun(() => { writePcapRecord(to, 0, time, frame, 0, 60) }) < 1)
})

pcap.run()
