/** What scripts of lsctl and lsctld find outside. */
import { readFileSync } from 'node:fs'
import { planText } from '@vde-ts/model/plan-text.js'
import type { Realise } from '@vde-ts/model/network.js'
import type { Outside } from '@vde-ts/lsctl'
import { hasInterface } from '../interfaces.ts'

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
