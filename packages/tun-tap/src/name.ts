/** Names of network interfaces. Pure. */

/** Longest name of an interface, in octets. */
export const NAME_MAX = 15

/**
 * What is wrong with `name` as the name of an interface, in words, or null. The empty name is right: the kernel chooses.
 * The kernel itself would cut a long name and make another interface than the one asked for.
 */
export const nameFault = (name: string): string | null => {
  const len = Buffer.byteLength(name)
  if (len > NAME_MAX) return `the name has ${len} octets, at most ${NAME_MAX} are possible`
  if (name === '.' || name === '..') return 'this name is reserved'
  // As dev_valid_name of the kernel; % would be a pattern for the kernel to fill in, NUL an end.
  const found = /[/:\s%\0]/.exec(name)
  return found === null ? null : `the name holds ${JSON.stringify(found[0])}, wanted a name without / : % and spaces`
}
