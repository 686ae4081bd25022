/** Sizes and times that vdelxcd and vdelxcc agree on. */

/** Octets of a request, with its NUL, at most. */
export const MAX_REQUEST = 4096
/** Octets of an answer at most. */
export const MAX_ANSWER = 16
/** How long a request may take to come, in milliseconds. */
export const REQUEST_MS = 5000
/** How long a network may take to open, in milliseconds. */
export const ANSWER_MS = 30_000
