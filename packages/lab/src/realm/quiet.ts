/**
 * An interface of this namespace that becomes a port: the kernel's IPv6 does not configure itself from what guests say there.
 * Where it is not ours to set, as with an ordinary user on the machine's own interfaces, it stays as it is.
 */
import { readFileSync, writeFileSync } from 'node:fs'

const SETTINGS = ['accept_ra', 'autoconf'] as const
const OFF = '0\n'

/** @returns what puts back what was there */
export const quietInterface = (name: string): () => void => {
  const former = SETTINGS.flatMap((setting) => {
    const path = `/proc/sys/net/ipv6/conf/${name}/${setting}`
    try {
      const value = readFileSync(path, 'utf8')
      writeFileSync(path, OFF)
      return [[path, value] as const]
    } catch { return [] } // no IPv6, or not ours
  })
  return () => {
    for (const [path, value] of former) {
      try {
        writeFileSync(path, value)
      } catch { /* the interface is gone */ }
    }
  }
}
