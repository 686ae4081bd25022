import { lstatSync, readlinkSync, renameSync, symlinkSync } from 'node:fs'

/** Points `path` at `target`, unless it does already. Whoever opens it meanwhile gets where it led or where it leads. */
export const link = (target, path) => {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(path) === target) return
  symlinkSync(target, `${path}.new`)
  renameSync(`${path}.new`, path)
}
