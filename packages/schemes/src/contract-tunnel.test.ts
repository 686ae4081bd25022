import { linkContract } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { openVnl } from './registry.ts'

/** A port of this test's own: processes that test at the same time have others. */
const port = 20_000 + process.pid % 20_000

const overLoopback = (host: string, scheme: string = 'vxlan') => async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
  const vnl = `${scheme}:///port=${port}/vni=7/remote=${host}`
  return [await openVnl(vnl, left), await openVnl(vnl, right)]
}

// UDP drops what a receiver has no room for, and nobody says goodbye.
const options = { fills: false, seesClose: false }
linkContract('vxlan, IPv4', overLoopback('127.0.0.1'), options)
linkContract('vxlan, IPv6', overLoopback('::1'), options)
linkContract('geneve', overLoopback('127.0.0.1', 'geneve'), options)
