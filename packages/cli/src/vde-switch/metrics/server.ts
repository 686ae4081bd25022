/**
 * Serves the metrics of a switch as Prometheus text, over HTTP on a TCP port or a unix socket.
 *
 * A scraper is a stranger: few connections at a time, short time-outs, one path, and nothing it sends is read but the
 * request line.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Registry } from 'prom-client'
import { systemError } from '@vde-ts/link/errors.js'
import { clearSocketPath, removeFile } from '@vde-ts/link/socket-file.js'
import { native, STREAM } from '@vde-ts/native'
import type { Switch } from '@vde-ts/switch'
import type { MetricsAddress } from './address.ts'
import { METRICS, type Metric, type MetricSource, type Sample } from './table.ts'

const MAX_CONNECTIONS = 16
const REQUEST_MS = 5000
const EIO = 5
const NANO = 1e9

/** The text for one look. */
export type Scrape = () => Promise<{ readonly type: string, readonly text: string }>

/** The metrics of `source`, ready to be asked for; nothing runs in between. */
export const makeScrape = (source: MetricSource): Scrape => {
  const registry = new Registry()
  for (const metric of METRICS) register(registry, metric, source)
  return async () => ({ type: registry.contentType, text: await registry.metrics() })
}

const register = (registry: Registry, metric: Metric, source: MetricSource): void => {
  const { name, help, labels } = metric
  const shape = { name, help, labelNames: [...labels], registers: [registry] }
  const named = ([, ...values]: Sample): Record<string, string> => Object.fromEntries(labels.map((label, i) => [label, values[i] ?? '']))
  // The switch counts; the registry is told all of it anew each time, and forgets ports that are gone.
  const collect = function (this: Counter | Gauge): void {
    this.reset()
    for (const sample of metric.read(source)) this.inc(named(sample), sample[0])
  }
  if (metric.type === 'gauge') void new Gauge({ ...shape, collect })
  else void new Counter({ ...shape, collect })
}

/** A server that was started. */
export interface MetricsServer {
  /** Idempotent: another process may serve there by the second call. */
  close (): void
}

/**
 * Listens.
 * @throws {VdeError} EADDRINUSE, EACCES, EADDRNOTAVAIL, … naming the address
 */
export const serveMetrics = async (sw: Switch, uptimeSec: () => number, address: MetricsAddress): Promise<MetricsServer> => {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  const lag = (): ReturnType<MetricSource['lag']> => {
    const seen = { p50: delay.percentile(50) / NANO, p99: delay.percentile(99) / NANO, max: delay.max / NANO }
    delay.reset()
    return seen
  }
  const scrape = makeScrape({ sw, uptimeSec, lag })
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS })
  server.on('request', (request, response) => { void answer(scrape, request, response) })
  server.maxConnections = MAX_CONNECTIONS
  await listen(server, address)
  delay.enable()
  server.unref()
  let isClosed = false
  return {
    close () {
      if (isClosed) return
      isClosed = true
      delay.disable()
      server.close()
      server.closeAllConnections()
      if ('path' in address) removeFile(address.path)
    }
  }
}

const answer = async (scrape: Scrape, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const say = (status: number, text: string, type = 'text/plain; charset=utf-8'): void => {
    response.writeHead(status, { 'content-type': type, ...(status === 405 ? { allow: 'GET, HEAD' } : {}) })
    response.end(request.method === 'HEAD' ? '' : text)
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return say(405, 'GET is wanted\n')
  if (request.url?.split('?')[0] !== '/metrics') return say(404, 'The metrics are at /metrics\n')
  const { type, text } = await scrape()
  say(200, text, type)
}

const listen = async (server: Server, address: MetricsAddress): Promise<void> => {
  const action = `serve metrics at ${'path' in address ? `"${address.path}"` : `${address.host} port ${address.port}`}`
  if ('path' in address) clearSocketPath(address.path, STREAM, action)
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ errno = -EIO }: NodeJS.ErrnoException) => { reject(systemError(errno, action, native.strerror(-errno))) })
    // A socket is for its owner only, from birth: whoever may read metrics learns who talks to whom.
    const former = process.umask(0o177)
    server.listen('path' in address ? { path: address.path } : address, resolve)
    process.umask(former)
  })
}
