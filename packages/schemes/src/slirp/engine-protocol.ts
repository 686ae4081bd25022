/**
 * How a link and the process of its engine talk, besides frames: SOCK_SEQPACKET, a JSON value each.
 *
 *     link: the settings              engine: {version}, it runs; or {errno, text}, why it does not
 *     link: {offload: true | false}   whether super-frames are wanted from now on
 *
 * The engine is trusted as little as what it runs: its answers are checked.
 */
import { native } from '@vde-ts/native'
import { escapeControls } from '@vde-ts/frame/escape.js'
import type { SlirpSettings } from './settings.ts'

/** Descriptors of the engine's process. */
export const FRAMES_FD = 3
export const CONTROL_FD = 4

/** Octets of the longest packet. */
const MAX_PACKET = 64 * 1024
const MAX_TEXT = 1024

/** What the engine answers. */
export type EngineAnswer = { readonly version: string } | { readonly errno: number, readonly text: string }

/** Any packet. @returns 0 or more, or -errno */
export const tell = (fd: number, value: SlirpSettings | EngineAnswer | { readonly offload: boolean }): number => {
  const packet = Buffer.from(JSON.stringify(value))
  return native.send(fd, packet, 0, packet.length)
}

/** The next packet: null at the end or for none, undefined for what is no JSON object. */
export const hear = (fd: number): object | null | undefined => {
  const packet = Buffer.alloc(MAX_PACKET)
  const count = native.receive(fd, packet, 0, packet.length)
  if (count <= 0) return null
  try {
    const value: unknown = JSON.parse(packet.toString('utf8', 0, Math.min(count, packet.length)))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** The answer of an engine; null: it gave none that is understood. */
export const hearAnswer = (fd: number): EngineAnswer | null => {
  const value = hear(fd) as { version?: unknown, errno?: unknown, text?: unknown } | null | undefined
  if (typeof value?.version === 'string') return { version: clean(value.version) }
  if (typeof value?.errno === 'number' && typeof value.text === 'string') return { errno: value.errno, text: clean(value.text) }
  return null
}

const clean = (text: string): string => escapeControls(text.slice(0, MAX_TEXT))
