/**
 * The impairment engine of the process: one for each loop, woken by one timer.
 */
import { native } from '@vde-ts/native'
import { LoopTimer, type Loop } from '@vde-ts/link'
import { Engine } from '@vde-ts/impair'

const engines = new WeakMap<Loop, Engine>()

/** The engine of `loop`, made at the first call. @throws {VdeError} EMFILE no descriptor is left for its timer */
export const engineOf = (loop: Loop): Engine => {
  const known = engines.get(loop)
  if (known !== undefined) return known
  const timer = new LoopTimer(loop, () => { engine.run() })
  const clock = new Float64Array(1)
  const due = new Float64Array(1)
  const engine: Engine = new Engine({
    clock,
    tick () { native.clockRead(clock) },
    arm () {
      due[0] = engine.nextDue
      timer.arm(due)
    }
  })
  engines.set(loop, engine)
  return engine
}
