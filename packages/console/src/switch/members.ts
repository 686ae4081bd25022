/** Members of a VLAN, for replies that are read slowly. */
import type { VlanMember } from '@vde-ts/switch'
import { VdeError } from '@vde-ts/link'
import type { SwitchContext } from './context.ts'

/** Members of VLAN `id`; none when it went away while the reply was under way. */
export const membersOf = ({ sw }: SwitchContext, id: number): VlanMember[] => {
  try {
    return sw.vlan.members(id)
  } catch (error) {
    if (error instanceof VdeError) return []
    throw error
  }
}
