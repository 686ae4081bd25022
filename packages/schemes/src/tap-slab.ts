/** Memory that links over TAPs read into while they have the loop's turn. */
import { HEADROOM, OFFLOAD } from '@vde-ts/link'
import { SLOT_OCTETS } from '@vde-ts/link/receive-slab.js'

/** Octets asked of a read: one more than a frame has, so that one which was cut shows. */
export const READ_OCTETS: number = OFFLOAD + SLOT_OCTETS + 1

const tapSlab = (): Uint8Array => new Uint8Array(HEADROOM - OFFLOAD + READ_OCTETS)

/** The process's. */
export const processSlab: Uint8Array = tapSlab()

const slabs = new Map<number, Uint8Array>()

/**
 * That of a user. Old kernels leave octets of the slab untouched in front of a frame when the giver has made the header longer;
 * it would be handed what another user received there. Only our own user and root attach there, so there are two at most.
 */
export const slabOf = (uid: number): Uint8Array => {
  let slab = slabs.get(uid)
  if (slab === undefined) {
    slab = tapSlab()
    slabs.set(uid, slab)
  }
  return slab
}
