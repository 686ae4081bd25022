/** Interfaces of the caller's network namespace. */
import { readFileSync } from 'node:fs'

/** Whether one is there. Not by /sys, which may show those of another namespace. */
export const hasInterface = (name: string): boolean =>
  readFileSync('/proc/self/net/dev', 'utf8').split('\n').some((line) => line.trim().startsWith(`${name}:`))
