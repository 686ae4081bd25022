/** Who holds a UDP port that cannot be had: for the message only, never for a decision. */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import type { Family } from './address.ts'

/** One socket, as /proc/net/udp has it. */
interface Holder { readonly uid: number, readonly inode: string }

/**
 * In words: a process, or the kernel itself, whose tunnel devices have sockets that no process holds.
 * @param device what the kernel's device on such a port is called: `vxlan`
 */
export const describeHolder = (family: Family, port: number, device: string): string => {
  const holder = holderOf(family, port)
  if (holder === null) return `UDP port ${port} is in use`
  const found = processWith(holder.inode)
  if (found.text !== null) return `UDP port ${port} is held by ${found.text}`
  const look = `(ip -d link show type ${device})`
  return found.sawAll
    ? `UDP port ${port} is held by the kernel's own ${device} device ${look}`
    : `UDP port ${port} is held by a socket of user ${holder.uid}, maybe the kernel's own ${device} device ${look}`
}

const holderOf = (family: Family, port: number): Holder | null => {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  for (const line of read(`/proc/net/udp${family === 4 ? '' : '6'}`).split('\n')) {
    const fields = line.trim().split(/\s+/)
    if (fields[1]?.endsWith(`:${hex}`) === true) return { uid: Number(fields[7]), inode: fields[9] ?? '' }
  }
  return null
}

/** The process that has the socket; `sawAll`: every process could be looked into. */
const processWith = (inode: string): { readonly text: string | null, readonly sawAll: boolean } => {
  let sawAll = true
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        if (linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`) return { text: `process ${pid} (${read(`/proc/${pid}/comm`).trim()})`, sawAll }
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') sawAll = false
    }
  }
  return { text: null, sawAll }
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch { return '' }
}

const linkOf = (path: string): string => {
  try {
    return readlinkSync(path)
  } catch { return '' }
}
