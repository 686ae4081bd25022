import type { Link } from './link.ts'

/** What people are told of the first frame that is longer than a link takes. */
export const tooBigText = ({ label, maxFrame }: Pick<Link, 'label' | 'maxFrame'>, len: number): string =>
  `${label}: a frame of ${len} octets is too big, ${maxFrame} are possible; such frames are lost`
