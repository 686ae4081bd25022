/** Configuration files as the console sees them. The libraries for them are loaded when somebody asks, and then stay. */
import { VdeError } from '@vde-ts/link/errors.js'
import type { ConfigFiles, ConfigReading } from '@vde-ts/console/switch/config/files.js'

type Library = typeof import('./library.ts')

/** @see ConfigFiles */
export class SwitchConfig implements ConfigFiles {
  readonly path: string | null
  #library: Library | null = null

  /** @param path the file of --config, absolute */
  constructor (path: string | null) { this.path = path }

  prepare (): Promise<void> | null { return this.#library === null ? this.#load() : null }

  async #load (): Promise<void> { this.#library = await import('./library.ts') }

  read (path: string): ConfigReading { return this.#needed.readConfig(path) }
  text (value: object): string { return this.#needed.configText(value) }
  write (path: string, value: object): void { this.#needed.writeConfig(path, value) }

  get #needed (): Library {
    if (this.#library !== null) return this.#library
    throw new VdeError('EAGAIN', 'use a configuration', 'what reads it is not loaded yet, want the command in a session of its own')
  }
}
