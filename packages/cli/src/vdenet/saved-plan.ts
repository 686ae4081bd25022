/** Plans that were saved, to be looked at and then carried out as they are: the JSON form of a plan, and where it comes from. */
import { readFileSync } from 'node:fs'
import { planJson, readPlan, type Plan } from '@vde-ts/model'

/** One plan. */
export interface SavedPlan {
  readonly plan: Plan
  /** The file it was made of, absolute, and its directory. */
  readonly file: string
  readonly fileDir: string
}

/** As it is saved. */
export const savedText = ({ plan, file, fileDir }: SavedPlan): string =>
  `${JSON.stringify({ ...JSON.parse(planJson(plan)) as object, file, fileDir }, null, 2)}\n`

/** Null: `path` is something else, a network file for one, or cannot be read. */
export const readSaved = (path: string): SavedPlan | null => {
  try {
    const text = readFileSync(path, 'utf8')
    const plan = readPlan(text)
    const { file, fileDir } = JSON.parse(text) as Partial<SavedPlan>
    return typeof file === 'string' && typeof fileDir === 'string' ? { plan, file, fileDir } : null
  } catch { return null }
}
