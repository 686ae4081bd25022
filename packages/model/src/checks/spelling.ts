/** Addresses: that they are some, and in their one spelling. Readers see to that; a model may come from anywhere. */
import { canonicalCidr, canonicalIp, canonicalMac } from '../address.ts'
import { keyOf } from '../plan.ts'
import type { Reference } from '../problem.ts'
import { ref, type Report } from './report.ts'

/** All checks of addresses. */
export const checkSpelling = (report: Report): void => {
  const look = (subject: Reference, attribute: string, text: string | null, spelling: (text: string) => string | null): void => {
    if (text === null || spelling(text) === text) return
    const wanted = spelling(text)
    report.add('ADDRESS_INVALID', subject, `found ${attribute} "${text.slice(0, 60)}", want ${wanted === null ? 'an address' : `"${wanted}"`}`, { attribute })
  }
  for (const { name, ip } of report.model.physes) look(ref('phys', name), 'ip', ip, canonicalIp)
  for (const virt of report.model.virts) look(ref('virt', keyOf('virt', virt)), 'mac', virt.mac, canonicalMac)
  for (const node of report.model.nodes) {
    for (const { name, mac, addresses } of node.interfaces) {
      const subject = ref('interface', `${node.name}:${name}`)
      look(subject, 'mac', mac, canonicalMac)
      for (const address of addresses) look(subject, 'ip', address, canonicalCidr)
    }
  }
}
