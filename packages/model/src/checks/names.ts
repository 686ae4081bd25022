/** Names: what they may be, each once, and that what they name is there. */
import { keyOf, type Kind, type Objects } from '../plan.ts'
import { eachTwice, ref, type Report } from './report.ts'

/** Longest name of anything. */
const MAX_NAME = 64
/** Of an interface: what the kernel takes (IFNAMSIZ less its end). */
const MAX_INTERFACE = 15

/** Printable, and without what parts keys. */
const NAME = /^[^\s/:#\p{Cc}]+$/u
/** Templates that are written in place are called after what they say. */
const SETTINGS_NAME = /^[^\s\p{Cc}]+$/u

/** All checks of names. */
export const checkNames = (report: Report): void => {
  const { model } = report
  all(report, 'settings', model.settings)
  all(report, 'net', model.nets)
  all(report, 'phys', model.physes)
  all(report, 'attachment', model.attachments)
  all(report, 'virt', model.virts)
  all(report, 'node', model.nodes)
  all(report, 'interface', model.nodes.flatMap((node) => node.interfaces.map((one) => ({ ...one, node: node.name }))))
  all(report, 'link', model.links)
  all(report, 'radio', model.radios)
  all(report, 'chain', model.chains)
  all(report, 'set', model.sets)
  references(report)
}

const all = <K extends Kind>(report: Report, kind: K, objects: ReadonlyArray<Objects[K]>): void => {
  eachTwice(objects, (object) => keyOf(kind, object), (_, again) => {
    report.add('NAME_DUPLICATE', ref(kind, keyOf(kind, again)), `found ${kind} "${keyOf(kind, again)}" twice, want each name once`)
  })
  for (const object of objects) {
    if (!('name' in object) || kind === 'link') continue
    const most = kind === 'interface' ? MAX_INTERFACE : MAX_NAME
    const pattern = kind === 'settings' ? SETTINGS_NAME : NAME
    if (object.name.length <= most && pattern.test(object.name)) continue
    report.add('NAME_INVALID', ref(kind, keyOf(kind, object)),
      `found the name "${object.name.slice(0, MAX_NAME)}", want 1 to ${most} characters without blanks, "/", ":" and "#"`, { attribute: 'name' })
  }
}

const references = (report: Report): void => {
  const { model } = report
  for (const { name, settings } of model.nets) if (settings !== null) report.isKnown('settings', settings, ref('net', name), 'settings')
  for (const one of model.attachments) {
    const subject = ref('attachment', keyOf('attachment', one))
    report.isKnown('net', one.net, subject, 'net')
    report.isKnown('phys', one.phys, subject, 'phys')
  }
  for (const virt of model.virts) {
    const subject = ref('virt', keyOf('virt', virt))
    report.isKnown('net', virt.net, subject, 'net')
    if (virt.phys !== null) report.isKnown('phys', virt.phys, subject, 'host')
  }
  for (const node of model.nodes) nodeReferences(report, node)
  for (const { text, node } of model.expect) report.isKnown('node', node, ref('expect', text), 'the expectation')
}

const nodeReferences = (report: Report, node: Report['model']['nodes'][number]): void => {
  const subject = ref('node', node.name)
  if (node.host !== null && !report.model.physes.some(({ host }) => host === node.host)) {
    report.add('NAME_UNKNOWN', subject, `host names "${node.host}", which is not declared`, { attribute: 'host' })
  }
  if (node.nat !== null && !node.interfaces.some(({ name }) => name === node.nat)) {
    report.add('NAME_UNKNOWN', subject, `nat names interface "${node.nat}", which this node does not have`, { attribute: 'nat' })
  }
  for (const { name, net } of node.interfaces) {
    if (net !== null) report.isKnown('net', net, ref('interface', `${node.name}:${name}`), 'net')
  }
}
