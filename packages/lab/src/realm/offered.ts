/** What a model may ask for that is not carried out here: said before anything is done, rather than passed over. */
import type { Cable, Interface, Model, Policy, Virt } from '@vde-ts/model'
import { VdeError } from '@vde-ts/link'

/** @throws {VdeError} EOPNOTSUPP, naming the first such thing */
export const checkOffered = (model: Model): void => {
  for (const { name, interfaces } of model.nodes) {
    for (const one of interfaces) {
      checkPort(`interface ${name}:${one.name}`, one)
      if (one.net === null && (one.in.rate ?? one.out.rate) !== null) {
        throw refusal(`interface ${name}:${one.name}`, 'it has a rate and no net, use "impair: { rate: ... }" or the rate of its link')
      }
      // A cable is no port of ours: its frames go from one TAP to the other.
      if (one.net === null && one.vnl === null && (hasRules(one.in) || hasRules(one.out))) {
        throw refusal(`interface ${name}:${one.name}`, 'it is the end of a link and has firewall rules, use nft in the node')
      }
    }
  }
  for (const [kind, objects] of [['net', model.nets], ['host', model.physes]] as const) {
    const limited = objects.find(({ rateIn, rateOut }) => (rateIn ?? rateOut) !== null)
    if (limited !== undefined) throw refusal(`${kind} "${limited.name}"`, 'its rate is not carried out yet, want rates of its ports')
  }
  for (const virt of model.virts) checkPort(`virt ${virt.net}/${virt.name}`, virt)
  for (const link of model.links) checkEnds(model, link)
}

/** A cable is between two interfaces of one daemon. */
const checkEnds = ({ nodes }: Model, { name, a, b }: Cable): void => {
  const [one, other] = [a, b].map((end) => nodes.find((node) => node.name === end.node)?.host ?? null)
  if (one === other) return
  const hosts = [one, other].map((host) => host === null ? 'no host' : `host "${host}"`).join(' and ')
  throw refusal(`link "${name}"`, `its ends are on ${hosts}, want a net with an overlay between them`)
}

const hasRules = ({ rules, fallback }: Policy): boolean => rules.length > 0 || fallback === 'drop'

const checkPort = (port: string, { in: inward, out }: Pick<Interface | Virt, 'in' | 'out'>): void => {
  if (inward.rate?.mode === 'police') throw refusal(port, 'rate.in is shaped here, want "mode: shape"')
  if (out.rate?.mode === 'shape') throw refusal(port, 'rate.out is policed here, want "mode: police"')
  const hasPeak = [inward, out].some(({ rate }) => rate !== null && rate.burstRate > 0)
  if (hasPeak) throw refusal(port, 'the rate within a burst is not limited here, want no "burstRate"')
}

const refusal = (what: string, why: string): VdeError => new VdeError('EOPNOTSUPP', `make ${what}`, why)
