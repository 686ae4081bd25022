/** What scripts of lsctl and lsctld find outside. */
import { readFileSync } from 'node:fs'
import { planText } from '@vde-ts/model/plan-text.js'
import type { Realise } from '@vde-ts/model/network.js'
import type { Outside } from '@vde-ts/lsctl'

/** Prints plans in place of carrying them out. */
export const printPlans = (out: (text: string) => void): Realise => async (plan) => { out(planText(plan).trimEnd()) }

/**
 * With files and interfaces of this machine.
 * @param isPlan nothing is carried out, so it does not matter which interfaces are here
 */
export const outsideOf = (out: Outside['out'], err: Outside['err'], realise: Realise, isPlan: boolean): Outside => ({
  out,
  err,
  realise,
  world: { hasInterface: (name) => isPlan ? null : hasInterface(name) },
  readFile: (path) => readFileSync(path, 'utf8')
})

/** Of the caller's network namespace; /sys may show another's. */
const hasInterface = (name: string): boolean =>
  readFileSync('/proc/self/net/dev', 'utf8').split('\n').some((line) => line.trim().startsWith(`${name}:`))
