/** What VNLs of WebSocket schemes say, as text: loads nothing that costs time. */
import { VdeError } from '@vde-ts/link'
import { parseHostPort, type HostPort } from '@vde-ts/schemes/internet/host-port.js'
import type { Tail } from '@vde-ts/schemes/scheme.js'

/** Where to: HOST:PORT, and what stands behind it. */
export interface Target extends HostPort {
  /** Begins with a slash. */
  readonly path: string
  readonly action: string
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443 }

/** Reads `HOST[:PORT][/PATH]`, for `ws-listen` `[HOST]:PORT[/PATH]`. @throws {VdeError} EINVAL */
export const readTarget = (name: string, { path: text, params }: Tail): Target => {
  const action = `open ${name}://${text}`
  const slash = text.indexOf('/')
  const [where, path] = slash < 0 ? [text, '/'] : [text.slice(0, slash), text.slice(slash)]
  if (/[^\x21-\x7e]|[?#]/.test(path)) throw new VdeError('EINVAL', action, `"${path}" is no path of a URL`)
  const { host, port } = hostPortOf(name, where, action)
  if (host === '' && name !== 'ws-listen') throw new VdeError('EINVAL', action, `"${text}" has no host, HOST:PORT/PATH is wanted`)
  if (params.has('psk') && ['cert', 'key', 'ca'].some((key) => params.has(key))) {
    throw new VdeError('EINVAL', action, 'found psk and certificates, want one of them')
  }
  return { host, port, path, action }
}

const hostPortOf = (name: string, text: string, action: string): HostPort => {
  const usual = DEFAULT_PORTS[name]
  if (usual !== undefined && !text.includes(':')) return { host: text, port: usual }
  return parseHostPort(text, action, usual === undefined ? 0 : 1)
}
