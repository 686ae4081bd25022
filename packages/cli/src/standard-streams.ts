import { loop, sharedIo, type FrameSink, type Link } from '@vde-ts/link'
import { StreamLink } from '@vde-ts/schemes/stream-link.js'

/** The vde stream on descriptors 0 and 1. They belong to others too: they are not closed and keep their flags. */
export const standardStreams = (sink: FrameSink, label: string = 'standard input and output'): Link =>
  new StreamLink(0, 1, sink, loop, { label, io: sharedIo(), onRelease () {} })
