/** What a model may ask for that is not carried out here: said before anything is done, rather than passed over. */
import type { Interface, Model, Policy, Virt } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'

/** @throws {VdeError} EOPNOTSUPP, naming the first such thing */
export const checkOffered = (model: Model): void => {
  for (const { name, interfaces, host } of model.nodes) {
    if (host !== null) throw refusal(`node "${name}"`, `it is on host "${host}", and other hosts are not reached yet`)
    for (const one of interfaces) checkPort(`interface ${name}:${one.name}`, one)
  }
  for (const virt of model.virts) checkPort(`virt ${virt.net}/${virt.name}`, virt)
  const [attachment] = model.attachments
  if (attachment !== undefined) {
    throw refusal(`net "${attachment.net}"`, `its overlay to host "${attachment.phys}" is not made yet, use an interface with "vnl: vxlan://..."`)
  }
}

const checkPort = (port: string, { in: inward, out }: Pick<Interface | Virt, 'in' | 'out'>): void => {
  const hasRules = ({ rules, fallback }: Policy): boolean => rules.length > 0 || fallback === 'drop'
  if (hasRules(inward) || hasRules(out)) throw refusal(port, 'firewall rules are not carried out yet, take them away or use nft in the node')
  if (inward.rate?.mode === 'police') throw refusal(port, 'rate.in is shaped here, want "mode: shape"')
  if (out.rate?.mode === 'shape') throw refusal(port, 'rate.out is policed here, want "mode: police"')
}

const refusal = (what: string, why: string): VdeError => new VdeError('EOPNOTSUPP', `make ${what}`, why)
