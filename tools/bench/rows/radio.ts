/** The row of radio networks: what a step costs until it is in effect. */
import { unbuilt } from '../lib/clients.ts'
import type { Row } from '../lib/row.ts'

const NODES = 100

/** In our process alone: no peer does this without starting programs for each change. */
export const radioRows: readonly Row[] = [{
  name: 'radio-step',
  work: `a step of ${NODES} moving radio nodes, ${NODES * (NODES - 1) / 2} pairs: positions to changes in effect`,
  against: 'nobody',
  unit: 'ms',
  target: { op: '<=', value: 50, of: 'value', unit: 'ms' },
  also: [
    { extra: 'p99 ms', unit: 'ms', target: { op: '<=', value: 50, of: 'value', unit: 'ms' } },
    { extra: 'changes per step', unit: 'changes' }
  ],
  ours: {
    name: 'StepEngine and Medium, linear model, random waypoints',
    needs: [],
    open: async (site) => async (seconds) => {
      const program = site.start([...unbuilt('radio-step.ts'), String(NODES), String(seconds)])
      const [line] = await program.says(/^\{.*\}\n/, seconds * 1000 + 30_000)
      const { median, p99, changes } = JSON.parse(line) as Readonly<Record<'median' | 'p99' | 'changes', number>>
      return { value: median, extra: { 'p99 ms': p99, 'changes per step': changes } }
    }
  },
  runs: 3
}]
