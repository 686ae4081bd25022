/** What the figures were taken on: enough to compare by, nothing that names the machine or its owner. */
import { cpus, release, totalmem } from 'node:os'

export interface Machine {
  /** Day and time, UTC. */
  readonly date: string
  readonly kernel: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
}

export const machine = (): Machine => ({
  date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
  kernel: release(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version
})
