/**
 * ptp://PATH - a wire between two programs of this host. The two openers need not know who is first, and each may leave
 * and come back while the other stays.
 *
 * vdeplug has two wires of that name which do not understand each other. Who is there decides; where nobody is, `ptp`
 * offers the datagrams that are installed everywhere, `ptp2` the newer connection.
 */
import { VdeError, type FrameSink, type Link } from '@vde-ts/link'
import { openDatagramWire } from './ptp-datagram.ts'
import { openSeqpacketWire } from './ptp-seqpacket.ts'
import type { OpenContext, Scheme } from './scheme.ts'

type OpenWire = (path: string, sink: FrameSink, context: OpenContext, action: string) => Link | 'other' | Promise<Link | 'other'>

const scheme = (name: string, summary: string, first: OpenWire, second: OpenWire): Scheme => ({
  name,
  summary,
  form: 'PATH',
  style: 'raw',
  params: {},
  open: async ({ path }, sink, context) => {
    const action = `open ${name}://${path}`
    if (path === '') throw new VdeError('EINVAL', action, 'no path, the name of a socket file is wanted')
    for (const open of [first, second]) {
      const link = await open(path, sink, context, action)
      if (link !== 'other') return link
    }
    throw new VdeError('EPROTOTYPE', action, `"${path}" is a socket of no kind that a wire has`)
  }
})

/** The wire of vdeplug 4.0.1, unless the newer one is there. */
export const ptpScheme: Scheme = scheme('ptp', 'a wire between two programs of this host', openDatagramWire, openSeqpacketWire)

/** The wire of vdeplug after 4.0.1, unless the older one is there. */
export const ptp2Scheme: Scheme = scheme('ptp2', 'the same wire, as vdeplug after 4.0.1 has it', openSeqpacketWire, openDatagramWire)
