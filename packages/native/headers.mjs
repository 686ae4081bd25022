/** Where Node's own headers are on this machine, for what is compiled against them. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Directory of node_api.h and uv.h, or null. A nodedir holds either an installation or the source tree. */
export const findHeaders = () => {
  const prefixes = [process.env.npm_config_nodedir, dirname(dirname(process.execPath)), process.config.variables.node_prefix]
  for (const prefix of prefixes) {
    if (typeof prefix !== 'string' || prefix === '') continue
    const found = join(prefix, 'include', 'node')
    if (existsSync(join(found, 'node_api.h')) && existsSync(join(found, 'uv.h'))) return found
  }
  return null
}
