/**
 * Something between an endpoint and its link: to the endpoint it is the link, to the link the sink.
 *
 *     port -- endpoint --send--> between --send--> link
 *                  ^ EndpointSide <--onFrame-- between <--onFrame-- endpoint, the link's sink as ever
 */
import type { FrameSink, Link } from '@vde-ts/link/link.js'

/** What lies between. Closing it closes the link. */
export type Between = Link & FrameSink

/** Makes what lies between `link` and `sink`. It is resumed by the endpoint. */
export type Interpose = (link: Link, sink: FrameSink) => Between
