/**
 * All that is wrong with a network, each once. Nothing is changed, and nothing stops at the first problem.
 *
 * What LSDN checked only of objects that wait for a commit, or of one side, is checked of everything: whether a network is
 * good does not depend on how it came about. The README's table says which check is whose.
 */
import { checkNames } from './checks/names.ts'
import { checkNets } from './checks/nets.ts'
import { checkPhyses } from './checks/physes.ts'
import { checkPorts } from './checks/ports.ts'
import { Report, type World } from './checks/report.ts'
import { checkRules } from './checks/rules.ts'
import { checkSpelling } from './checks/spelling.ts'
import { checkWiring } from './checks/wiring.ts'
import type { Model } from './model.ts'
import type { Problem } from './problem.ts'

export type { World } from './checks/report.ts'

/** Knows of no interface whether it is there. */
export const UNKNOWN_WORLD: World = { hasInterface: () => null }

/**
 * The problems of a network.
 * @param world what is known of this machine; interfaces are only checked where it knows
 */
export const validate = (model: Model, world: World = UNKNOWN_WORLD): readonly Problem[] => {
  const report = new Report(model, world)
  checkNames(report)
  checkSpelling(report)
  checkPhyses(report)
  checkNets(report)
  checkPorts(report)
  checkRules(report)
  checkWiring(report)
  return report.problems
}
