/** HOST:PORT of VNLs. The last colon parts them, so that an IPv6 address stands there without brackets. */
import { VdeError } from '@vde-ts/link'

const MAX_PORT = 65535

/** The parts, as typed; the host may be empty. */
export interface HostPort { readonly host: string, readonly port: number }

/** @throws {VdeError} EINVAL no port, or none from `least` to 65535 */
export const parseHostPort = (text: string, action: string, least: number = 1): HostPort => {
  const colon = text.lastIndexOf(':')
  const port = /^\d{1,5}$/.test(text.slice(colon + 1)) ? Number(text.slice(colon + 1)) : NaN
  if (!(port >= least && port <= MAX_PORT)) {
    throw new VdeError('EINVAL', action, `"${text}" has no port, HOST:PORT with a port in ${least}..${MAX_PORT} is wanted`)
  }
  return { host: colon < 0 ? '' : text.slice(0, colon), port }
}
