/** How large packets of a guest may be so that their frames pass the underlay whole [4.3]. */
import { isIpv6 } from './address.ts'
import { isTunnel, type Model, type OverlayType } from './model.ts'
import { ModelError } from './result.ts'

const TAG = 4
const ETHERNET = 14
const IPV4 = 20
const IPV6 = 40
const UDP = 8
/** Of VXLAN, and of Geneve without options. */
const TUNNEL = 8

/** Octets that an overlay adds to a packet of the guest. */
export const overhead = (type: OverlayType, isSix: boolean): number => {
  if (type === 'direct') return 0
  return isTunnel(type) ? ETHERNET + (isSix ? IPV6 : IPV4) + UDP + TUNNEL : TAG
}

/**
 * Recommended MTU of the guests of a net on the phys they are connected at.
 * @param underlayMtu of the interface of that phys
 * @throws {ModelError} NOIF: there is no such net or phys
 */
export const recommendedMtu = (model: Model, net: string, phys: string, underlayMtu: number): number => {
  const settings = model.settings.find(({ name }) => name === model.nets.find((one) => one.name === net)?.settings)
  const host = model.physes.find(({ name }) => name === phys)
  if (host === undefined || settings === undefined) {
    throw new ModelError('NOIF', `recommend an MTU in net ${net}`, `no phys ${phys} or no overlay found, want a port that is connected`)
  }
  const address = settings.type === 'vxlan/mcast' ? settings.group : host.ip
  return underlayMtu - overhead(settings.type, address !== null && isIpv6(address))
}
