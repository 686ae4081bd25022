/** Capability masks given to a command inside (bit numbers of linux/capability.h). */

/** NET_BIND_SERVICE, NET_BROADCAST, NET_ADMIN, NET_RAW: enough for addresses, routes, nftables and raw sockets. */
export const CAP_NETWORK = 0x3c00

/** SYS_ADMIN: mounts too. */
export const CAP_SYS_ADMIN = 0x200000

/** The mask for a command; `sysadm` adds SYS_ADMIN. */
export const capabilityMask = (sysadm: boolean): number => sysadm ? CAP_NETWORK | CAP_SYS_ADMIN : CAP_NETWORK
