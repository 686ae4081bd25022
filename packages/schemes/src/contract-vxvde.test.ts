import { linkContract } from '@vde-ts/link/contract.js'
import type { FrameSink, Link } from '@vde-ts/link'
import { openVnl } from './registry.ts'

/** A port of this test's own: processes that test at the same time have others. */
const port = 20_000 + process.pid % 20_000

const cloud = async (left: FrameSink, right: FrameSink): Promise<readonly [Link, Link]> => {
  const vnl = `vxvde://239.5.6.7/port=${port}/vni=7/if=lo`
  return [await openVnl(vnl, left), await openVnl(vnl, right)]
}

// IPv6 has no route for multicasts over the loopback: the end-to-end tests have it.
linkContract('vxvde', cloud, { fills: false, seesClose: false })
