/**
 * The dialect of the C switch ("FSTP"): RST BPDUs with the codes of two roles exchanged (0x04 is root, 0x08 is alternate
 * or backup) and a Forward Delay of 0, which no 802.1D bridge sends, by which it is known.
 *
 * A port that hears it speaks it, until it hears an 802.1D bridge again. The C switch also blocks a port before it hands
 * it to a new neighbour, telling so with role alternate and the proposal flag where 802.1D says designated and proposal.
 * So such a BPDU whose information is better than what is held counts as designated: the agreement that follows, sent as
 * root, is what makes the C switch forward again. It blocks its end, too, when the neighbour is silent or no root port;
 * therefore a port that speaks the dialect sends hellos whatever its role.
 */
import { FLAG_PROPOSAL, ROLE_ALTERNATE_BACKUP, ROLE_DESIGNATED, ROLE_MASK, ROLE_ROOT, type Bpdu } from '@vde-ts/frame/bpdu.js'

/** Clause 17.14 allows 4 to 30 s. */
export const isFstp = (bpdu: Bpdu): boolean => bpdu.kind === 'rst' && bpdu.forwardDelay === 0

const SWAPPED: Readonly<Record<number, number>> = {
  [ROLE_ALTERNATE_BACKUP]: ROLE_ROOT, [ROLE_ROOT]: ROLE_ALTERNATE_BACKUP, [ROLE_DESIGNATED]: ROLE_DESIGNATED, 0: 0
}

const withRole = (flags: number, role: number): number => (flags & ~ROLE_MASK) | role

/** An RST BPDU as the C switch reads it. */
export const toFstp = (bpdu: Bpdu): Bpdu =>
  ({ ...bpdu, forwardDelay: 0, flags: withRole(bpdu.flags, SWAPPED[bpdu.flags & ROLE_MASK] ?? 0) })

/**
 * What the C switch said, in the words of 802.1D.
 * @param forwardDelay takes the place of the one it does not tell
 * @param isSuperior whether the vector is better than, or a repetition of, what the port holds
 */
export const fromFstp = (bpdu: Bpdu, forwardDelay: number, isSuperior: boolean): Bpdu => {
  const role = SWAPPED[bpdu.flags & ROLE_MASK] ?? 0
  const offers = role === ROLE_ALTERNATE_BACKUP && (bpdu.flags & FLAG_PROPOSAL) !== 0 && isSuperior
  return { ...bpdu, forwardDelay, flags: withRole(bpdu.flags, offers ? ROLE_DESIGNATED : role) }
}
