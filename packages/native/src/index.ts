/**
 * The system calls Node does not have, typed. No policy here: each function is one call (or one batch of the same call).
 *
 * Unless its comment says otherwise a function answers a value >= 0, or `-errno`; it never throws for the world's fault,
 * and throws TypeError only for an argument of the wrong kind. Buffers are borrowed for the call. Every descriptor made
 * here is close-on-exec. `(buf, off, len)` count octets.
 */
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** Events of the epoll set; the values of EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP. */
export const IN = 0x001
export const OUT = 0x004
export const ERR = 0x008
export const HUP = 0x010
export const RDHUP = 0x2000

/** Socket types. */
export const STREAM = 1
export const DGRAM = 2
export const SEQPACKET = 5

/** Address families of internet sockets. */
export const AF_INET = 2
export const AF_INET6 = 10

/** Octets of an address: a sockaddr_in or sockaddr_in6 as the kernel has it, the rest zero. */
export const ADDRESS = 28
/** Octets from one address to the next in an array of them. */
export const ADDRESS_STRIDE = 32

/** Namespace flags of clone(2). */
export const CLONE_NEWNS = 0x00020000
export const CLONE_NEWUTS = 0x04000000
export const CLONE_NEWIPC = 0x08000000
export const CLONE_NEWUSER = 0x10000000
export const CLONE_NEWPID = 0x20000000
export const CLONE_NEWNET = 0x40000000

/** In {@link SpawnSpec.ids}: mapped onto themselves. */
export const IDS_OWN = 0
/** In {@link SpawnSpec.ids}: mapped to 0. */
export const IDS_ROOT = 1
/** In {@link SpawnSpec.ids}: not mapped; the caller writes the maps of a held child before it lets it go on. */
export const IDS_OTHERS = 2

/** Flags of {@link Native.tapOpen}, as in linux/if_tun.h. */
export const IFF_TUN = 0x0001
export const IFF_TAP = 0x0002
export const IFF_NO_PI = 0x1000
export const IFF_VNET_HDR = 0x4000
export const IFF_TUN_EXCL = 0x8000

/** In the flags of {@link InspectDone}: an AF_PACKET socket, not a TAP. */
export const INSPECTED_PACKET = 0x10000

/** What {@link Native.spawn} makes. Everything is prepared before the clone; the child runs async-signal-safe C only. */
export interface SpawnSpec {
  /** Program, searched in the PATH of `env` when it has no slash. */
  readonly file: string
  /** Arguments, `argv[0]` included. */
  readonly argv: readonly string[]
  /** `KEY=value` strings: the whole environment. */
  readonly env: readonly string[]
  /** `fds[i]` becomes descriptor i of the child; -1 is /dev/null, -2 nothing. Everything else the child inherits is closed. */
  readonly fds: readonly number[]
  /** Working directory; absent: unchanged. */
  readonly cwd?: string
  /** Process group: -1 that of the caller, 0 a new one of its own, else the group to join. */
  readonly pgid?: number
  /** CLONE_NEW* flags. With CLONE_NEWUSER the caller's euid and egid are mapped, see `ids`, setgroups is denied. */
  readonly namespaces?: number
  /** What the caller's ids are in a new user namespace: IDS_OWN (default), IDS_ROOT or IDS_OTHERS. */
  readonly ids?: number
  /** pidfd of a process whose user, mount, PID, network and UTS namespaces the child joins, as their root. */
  readonly join?: number
  /** Capabilities (bit mask, low 32) made permitted, effective, inheritable and ambient in the child. */
  readonly capabilities?: number
  /** Hostname set inside; wants CLONE_NEWUTS. */
  readonly hostname?: string
  /** File bound over /etc/resolv.conf inside; wants CLONE_NEWNS. */
  readonly resolvConf?: string
  /** Names of TAP interfaces to create inside, in order; wants CLONE_NEWNET. */
  readonly taps?: readonly string[]
  /** IFF_* flags of these taps. */
  readonly tapFlags?: number
  /** MTU of these taps; absent: the kernel's, 1500. */
  readonly tapMtu?: number
  /** Mbit/s that ethtool shows of each; 0, or absent: the kernel's. */
  readonly tapSpeeds?: readonly number[]
  /**
   * Packet sockets to open in a second network namespace, empty and without IPv6, which lives as long as they do. They are
   * bound to nothing. Wants CLONE_NEWNET.
   */
  readonly packets?: number
  /** True: the child waits before the exec until {@link Native.spawnRelease}. */
  readonly hold?: boolean
}

/** A started child. The caller owns the descriptors. */
export interface Spawned {
  readonly pid: number
  /** Becomes readable when the child ends; see {@link Native.pidfdWait}. */
  readonly pidfd: number
  /** Descriptors of the TAP interfaces, non-blocking. */
  readonly taps: readonly number[]
  /** The packet sockets, unbound, non-blocking. */
  readonly packets: readonly number[]
  /** With `packets`: an rtnetlink socket in their namespace. */
  readonly outside?: number
  /** With `packets` or `taps`: one in the command's namespace. */
  readonly inside?: number
  /** Held child: the descriptor for {@link Native.spawnRelease}. Else -1. */
  readonly hold: number
}

/** Why a child could not be started: the step that failed and its errno (positive). Nothing is left behind. */
export interface SpawnFailure {
  readonly step: 'clone' | 'setgroups' | 'uid_map' | 'gid_map' | 'tun' | 'tap' | 'packet' | 'capabilities' | 'mount' | 'hostname' | 'chdir' |
    'pgid' | 'fds' | 'exec' | 'join'
  readonly errno: number
  /** Index of the tap that failed, for step `tap`. */
  readonly index: number
}

/** One account of the passwd database. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
  readonly shell: string
}

/** Answer of {@link Native.inspectDescriptor}. */
export type InspectDone = (fd: number, flags: number, name: string, length: number) => void

declare const cipher: unique symbol

/** A key ready for use, see {@link Native.cipherOpen}. Freed when it is not referred to any more. */
export interface Cipher { readonly [cipher]: never }

declare const slirp: unique symbol

/** A TCP/IP stack, see {@link Native.slirpOpen}. Closed when it is not referred to any more. */
export interface Slirp { readonly [slirp]: never }

/** Octets of the addresses of {@link Native.slirpOpen}. */
export const SLIRP_ADDRESSES = 68

/** The addon's functions, by subject. */
export interface Native {
  // ---- one epoll set for the process, with libuv in it ----
  /**
   * Starts the set. Each wake-up fills `events` with pairs (fd, mask) and calls `onReady(pairs)`. A callback that throws
   * ends in the process's uncaughtException. @returns 0 or -errno (EBUSY when started already)
   */
  epollStart (events: Int32Array, onReady: (pairs: number) => void): number
  /** epoll_ctl: op 1 add, 2 delete, 3 modify. Level-triggered. EPERM for a regular file. */
  epollControl (op: 1 | 2 | 3, fd: number, mask: number): number
  /** Whether the set keeps the process alive. */
  epollKeepAlive (on: boolean): void
  epollStop (): void

  // ---- ciphers, on the OpenSSL inside Node ----
  /**
   * AES-128 for encryption or decryption: CBC when `isChained`, else ECB.
   * @returns the cipher, or -errno: EINVAL a key that has not 16 octets, ENOSYS a Node that does not export OpenSSL
   */
  cipherOpen (isChained: boolean, isEncryption: boolean, key: Uint8Array): Cipher | number
  /** Whole blocks of 16 octets, no padding; `iv` has 16 too, also for ECB; `out` may be `buf`. @returns `len` or -errno */
  cipherRun (cipher: Cipher, iv: Uint8Array, buf: Uint8Array, off: number, len: number, out: Uint8Array, outAt: number): number
  /**
   * ChaCha20-Poly1305 (RFC 8439), for sealing when `isEncryption`, else for opening.
   * @returns the cipher, or -errno: EINVAL a key that has not 32 octets, ENOSYS a Node that does not export OpenSSL
   */
  aeadOpen (isEncryption: boolean, key: Uint8Array): Cipher | number
  /**
   * Seals or opens `buf[off, off + len)` in place; `nonce` has 12 octets, the last 16 of the span are the tag.
   * @returns octets of plain text, or -errno: EBADMSG the tag is wrong (what stands in the span is no text then), EINVAL
   */
  aeadRun (cipher: Cipher, nonce: Uint8Array, buf: Uint8Array, off: number, len: number): number

  // ---- libslirp, found at run time ----
  /**
   * A TCP/IP stack in this process. `addresses`: network, netmask, host, first lease, name server of IPv4, 4 octets each;
   * prefix, host, name server of IPv6, 16 each. `numbers`: restricted, IPv4, IPv6, length of the IPv6 prefix, MTU, MRU (0:
   * the library's), no loopback of the host, no DHCP. `texts`: host name, TFTP server name, TFTP path, boot file, domain
   * name (empty: none), then search domains.
   *
   * It writes its frames to `slab`, HEADROOM zero octets in front of each, and where they are to `spans`: how many, how many
   * did not fit, then (at, len) of each. The caller empties it by setting the first to 0.
   * @returns the stack, or -errno: ENOENT no library, ENOSYS one that is too old, EINVAL refused
   */
  slirpOpen (
    addresses: Uint8Array, numbers: Int32Array, texts: readonly string[], slab: Uint8Array, spans: Int32Array): Slirp | number
  /** Closes its sockets and descriptors. No other call may follow. */
  slirpClose (stack: Slirp): void
  /** Version of the library; empty when there is none. */
  slirpVersion (): string
  /** Becomes readable when a turn is due. Stays the stack's. */
  slirpDescriptor (stack: Slirp): number
  /** Serves sockets and timers. Owed too after frames went in. */
  slirpTurn (stack: Slirp): void
  /** One frame of the guest, finished: checksums are there. May be longer than the MTU. */
  slirpInput (stack: Slirp, buf: Uint8Array, off: number, len: number): void
  /** Has a port of the host lead to one of the guest; addresses of ADDRESS octets. null: no longer. @returns 0 or -errno */
  slirpForward (stack: Slirp, isUdp: boolean, host: Uint8Array, guest: Uint8Array | null): number
  /**
   * Has a port of the network (4 octets of IPv4; 0.0.0.0 becomes the library's choice) lead to a socket file, or to a command
   * that is started for each connection. null: no longer. @returns 0 or -errno: EINVAL taken, or no address of the network
   */
  slirpGuestForward (stack: Slirp, isCommand: boolean, address: Uint8Array, port: number, target: string | null): number
  /** A table of connections and forwards, for people. */
  slirpConnections (stack: Slirp): string

  // ---- time ----
  /** clock_gettime(CLOCK_MONOTONIC): nanoseconds into `cell[0]`. 30 ns; a number returned would be an object on the heap. */
  clockRead (cell: Float64Array): void
  /** timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK): readable once it has expired, until it is set again. */
  timerCreate (): number
  /** timerfd_settime: expires when the clock shows `due[0]`, at once if that has passed; Infinity: never. */
  timerSet (fd: number, due: Float64Array): number

  // ---- names in directories ----
  /** inotify_init1(IN_CLOEXEC | IN_NONBLOCK): `read` answers records of inotify(7). */
  inotifyCreate (): number
  /** inotify_add_watch: names made, removed, moved, their access set; not writes. @returns the watch, or -errno */
  inotifyAdd (fd: number, path: string): number
  inotifyRemove (fd: number, watch: number): number

  // ---- descriptors ----
  close (fd: number): number
  /** One read(2). 0 is the end of the file. */
  read (fd: number, buf: Uint8Array, off: number, len: number): number
  /** One write(2); SIGPIPE is ignored by Node. */
  write (fd: number, buf: Uint8Array, off: number, len: number): number
  /**
   * preadv2(2), offset -1, RWF_NOWAIT: never blocks, whatever the flags of the shared open file. EOPNOTSUPP where the
   * kernel lacks it.
   */
  readNowait (fd: number, buf: Uint8Array, off: number, len: number): number
  writeNowait (fd: number, buf: Uint8Array, off: number, len: number): number
  /** writev(2) of `count` spans (pairs at, len in `spans`, from pair `first`) of `buf`. @returns octets written */
  writeVector (fd: number, buf: Uint8Array, spans: Int32Array, first: number, count: number): number
  /** pipe2(O_CLOEXEC | flags). `out` gets the reading and the writing end. */
  pipe (out: Int32Array, nonblock: boolean): number
  /** eventfd(initial, EFD_CLOEXEC | EFD_NONBLOCK). */
  eventfd (initial: number): number
  /** fcntl F_DUPFD_CLOEXEC, not below `min`. */
  duplicate (fd: number, min: number): number
  setNonblock (fd: number, on: boolean): number
  /** F_SETFD FD_CLOEXEC. */
  setCloexec (fd: number, on: boolean): number
  /** S_IFMT bits of fstat(2): 0o100000 regular, 0o010000 pipe, 0o140000 socket, 0o020000 character device. */
  fileType (fd: number): number
  isTty (fd: number): boolean
  /** Has a serial line (or a pty) pass octets as they are, at `baud`: 8N1, no flow control. ENOTTY, EINVAL no such speed. */
  serialRaw (fd: number, baud: number): number
  /** poll(2) of one descriptor. @returns revents, 0 at the time-out. Blocks the process: start-up only. */
  poll (fd: number, mask: number, timeoutMs: number): number

  // ---- AF_UNIX sockets ----
  /** socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC). */
  unixSocket (type: number): number
  /** socketpair, close-on-exec, non-blocking. */
  socketPair (type: number, out: Int32Array): number
  /** bind to a path (at most 107 octets: ENAMETOOLONG); a leading NUL is the abstract name space. */
  bindUnix (fd: number, path: string): number
  connectUnix (fd: number, path: string): number
  /** connect to a raw sockaddr_un of `len` octets, as it came in a request (abstract names of UML keep their zeros). */
  connectAddress (fd: number, address: Uint8Array, off: number, len: number): number
  /** connect to AF_UNSPEC: a datagram socket hears everybody again, and what waited from its former peer is dropped. */
  disconnect (fd: number): number
  listen (fd: number, backlog: number): number
  /** accept4 non-blocking, close-on-exec. */
  accept (fd: number): number
  shutdown (fd: number, how: 0 | 1 | 2): number
  /** SO_PEERCRED: `out` gets pid, uid, gid. */
  peerCredentials (fd: number, out: Int32Array): number
  /** SO_PEERGROUPS: fills `out`, answers how many groups the peer has (may exceed out.length). */
  peerGroups (fd: number, out: Uint32Array): number
  /** setsockopt(SOL_SOCKET, SO_SNDBUF / SO_RCVBUF), FORCE where allowed. */
  setBuffers (fd: number, sendOctets: number, receiveOctets: number): number
  /** SO_ERROR, positive; 0 is none. */
  socketError (fd: number): number
  /** SO_TYPE of a socket; ENOTSOCK else. */
  socketType (fd: number): number
  /**
   * Whoever sends descriptors to this AF_UNIX socket, or to what it accepts from now on, gets EPERM. Else their last close is
   * ours, in the middle of a read: 21 ms for a TAP. ENOPROTOOPT before Linux 6.16.
   */
  refuseDescriptors (fd: number): number

  // ---- internet sockets; an address is ADDRESS octets at `off`, `len` the room there ----
  /** socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC); AF_INET6 takes no IPv4 (IPV6_V6ONLY). */
  internetSocket (family: number, type: number): number
  bindInternet (fd: number, address: Uint8Array, off: number, len: number): number
  connectInternet (fd: number, address: Uint8Array, off: number, len: number): number
  /** getsockname(2) into `address`. */
  localAddress (fd: number, address: Uint8Array, off: number, len: number): number
  /** getpeername(2) into `address`. */
  peerAddress (fd: number, address: Uint8Array, off: number, len: number): number
  /** setsockopt(2) of an int. */
  setOption (fd: number, level: number, option: number, value: number): number
  /** getsockopt(2) of an int that is not negative. */
  getOption (fd: number, level: number, option: number): number
  /** MCAST_JOIN_GROUP on the interface of that index; 0: the routes decide. */
  joinGroup (fd: number, group: Uint8Array, off: number, len: number, interfaceIndex: number): number
  /** IP_MULTICAST_IF or IPV6_MULTICAST_IF: where multicasts leave. */
  multicastInterface (fd: number, family: number, interfaceIndex: number): number

  // ---- data path ----
  /** recv MSG_DONTWAIT | MSG_TRUNC: the real length, which may exceed `len` (then the frame was cut). */
  receive (fd: number, buf: Uint8Array, off: number, len: number): number
  /** send MSG_DONTWAIT | MSG_NOSIGNAL. */
  send (fd: number, buf: Uint8Array, off: number, len: number): number
  /**
   * recvmmsg: up to `count` datagrams, the i-th at `buf[at + i * stride]`, at most `size` octets each. `lengths[i]` is
   * its real length, above `size` when it was cut. At the end of a seqpacket connection lengths are 0.
   * @returns datagrams received
   */
  receiveBatch (fd: number, buf: Uint8Array, at: number, stride: number, size: number, count: number, lengths: Int32Array): number
  /** sendmmsg of `count` spans (pairs at, len in `spans`, from pair `first`). @returns datagrams sent */
  sendBatch (fd: number, buf: Uint8Array, spans: Int32Array, first: number, count: number): number
  /**
   * recvmmsg as {@link receiveBatch}, with addresses: the i-th datagram's source lies at `addresses[i * ADDRESS_STRIDE]`.
   * `lengths` gets pairs: the real length; and with UDP_GRO on the size of the datagrams put together (the last may be
   * shorter), 0 for a single one.
   */
  receiveFrom (fd: number, buf: Uint8Array, at: number, stride: number, size: number, count: number, lengths: Int32Array,
    addresses: Uint8Array): number
  /**
   * sendmmsg of `count` messages from the `first` on, each four numbers: `at`, `len`, the size of the datagrams it is to be
   * cut into (UDP_SEGMENT; 0: one), and the index of its address in `addresses` (-1: the socket is connected).
   * EINVAL: also for a size that does not fit the path's MTU. @returns messages sent
   */
  sendTo (fd: number, buf: Uint8Array, messages: Int32Array, first: number, count: number, addresses: Uint8Array): number
  /** sendmsg with SCM_RIGHTS (at most 253). */
  sendDescriptors (fd: number, buf: Uint8Array, off: number, len: number, fds: Int32Array): number
  /** recvmsg with SCM_RIGHTS: `fds` gets them, -1 after the last; what does not fit is closed. @returns octets of data */
  receiveDescriptors (fd: number, buf: Uint8Array, off: number, len: number, fds: Int32Array): number

  // ---- TAP and interfaces ----
  /** Opens /dev/net/tun (or `device`) and makes or joins `name` with `flags`; non-blocking. `outName[0]` gets the real name. */
  tapOpen (name: string, flags: number, outName: string[], device?: string): number
  /** TUNSETPERSIST. */
  tapPersist (fd: number, on: boolean): number
  tapOwner (fd: number, uid: number): number
  tapGroup (fd: number, gid: number): number
  tapOffload (fd: number, mask: number): number
  tapHeaderSize (fd: number, octets: number): number
  /** TUNGETIFF: flags, name into `outName[0]`. */
  tapInfo (fd: number, outName: string[]): number
  /** TUNSETCARRIER. */
  tapCarrier (fd: number, on: boolean): number
  interfaceMtu (name: string): number
  setInterfaceMtu (name: string, mtu: number): number
  /** Mbit/s that ethtool shows; 0: it knows none. */
  interfaceSpeed (name: string): number
  setInterfaceSpeed (name: string, mbit: number): number
  setInterfaceUp (name: string, up: boolean): number
  interfaceIndex (name: string): number
  /** Runs one rtnetlink request (a complete nlmsghdr message, NLM_F_ACK set) and answers its error code. */
  rtnetlink (message: Uint8Array): number
  /** The same through an open rtnetlink socket, in its namespace. */
  rtnetlinkAt (fd: number, message: Uint8Array): number
  /** Index of an interface in the namespace of the socket `fd`. */
  interfaceIndexAt (fd: number, name: string): number
  /** As setInterfaceSpeed, there. */
  setInterfaceSpeedAt (fd: number, name: string, mbit: number): number
  /**
   * What an interface leaves undone in frames it hands on: `mask` as of {@link Native.tapOffload}; all other checksums and
   * segments it does itself. `fd`: any socket of its namespace. @returns 0 or more, or -errno
   */
  interfaceOffload (fd: number, name: string, mask: number): number

  // ---- AF_PACKET sockets ----
  /** A raw AF_PACKET socket without protocol: it gets no frames before {@link Native.packetBind}. */
  packetOpen (): number
  /** PACKET_VNET_HDR and PACKET_AUXDATA, which the two calls below want. EBUSY: it has a ring. */
  packetPrepare (fd: number): number
  /** Frames that the interface sends are not received. */
  packetIgnoreOutgoing (fd: number): number
  /** Binds to an interface by its index; all protocols. ENETDOWN: bound, and the interface is down. */
  packetBind (fd: number, index: number): number
  packetPromiscuous (fd: number, index: number): number
  /** Frames whose source is the address that interface `index` has now are not received. */
  packetSkipOwn (fd: number, index: number): number
  /** Index of the interface it is bound to; ENODEV when that was removed. */
  packetInterface (fd: number): number
  /** 1: that interface is up, 0: it is down; ENODEV: it was removed. */
  packetState (fd: number): number
  /** 0 and the name into `outName[0]`: a raw AF_PACKET socket bound to all frames of an Ethernet interface. */
  packetInfo (fd: number, outName: string[]): number
  /**
   * recvmsg MSG_DONTWAIT: a frame behind its virtio_net_hdr of 12 octets (the last two are not written), its outermost tag
   * put back. @returns its real length with the header; above `len` it was cut
   */
  packetReceive (fd: number, buf: Uint8Array, off: number, len: number): number
  /** sendmsg MSG_DONTWAIT of a frame behind its header. EINVAL: the kernel has no such offload. */
  packetSend (fd: number, buf: Uint8Array, off: number, len: number): number

  // ---- processes ----
  spawn (spec: SpawnSpec): Spawned | SpawnFailure
  /**
   * Lets a held child go on to its exec and closes `hold` (closing it alone ends the child with status 127).
   * @returns 0, or -errno of the exec; then the child ends with 127 and waits for {@link Native.pidfdWait}
   */
  spawnRelease (hold: number): number
  /** waitid(P_PIDFD, WEXITED | WNOHANG): -EAGAIN while it runs, else the wait status: code << 8, or the signal. */
  pidfdWait (pidfd: number): number
  pidfdSignal (pidfd: number, signal: number): number
  pidfdOpen (pid: number): number
  setpgid (pid: number, pgid: number): number
  getpgid (pid: number): number
  getsid (pid: number): number
  /** kill(2), for process groups too. */
  kill (pid: number, signal: number): number
  /** Sets the default action of a signal and raises it: the process dies as if it had never caught it. */
  raiseDefault (signal: number): number
  /** Signals set to SIG_IGN, also for children. */
  ignoreSignal (signal: number): number
  /** Keeps who sends `signal` from now on. Call it after `process.on`, whose handler stays. -EINVAL without one. */
  noteOrigin (signal: number): number
  /** 1 when the last `signal` came from the kernel (a key, a terminal's end) and so reached our whole group, 0 after kill(2). */
  isFromKernel (signal: number): number
  /**
   * _exit(2). Node's own exit sets the terminal back to what it was at the start of the process: wrong for one that only
   * waited while others used the terminal.
   */
  exitNow (status: number): never
  /** PR_SET_NAME: what killall and ps show; cut to 15 octets. */
  setProcessName (name: string): number
  setsid (): number
  /** tcsetpgrp(3), also from the background: process group `pgrp` gets the keys of the terminal `fd`. */
  terminalGroup (fd: number, pgrp: number): number
  /** umask(2): the former mask. */
  umask (mask: number): number

  // ---- accounts and log ----
  userByName (name: string): Account | null
  userById (uid: number): Account | null
  /** gid, or -ENOENT. */
  groupByName (name: string): number
  groupById (gid: number): string | null
  /** Groups of an account by the databases (getgrouplist). */
  groupsOf (name: string, gid: number): number[]
  openlog (ident: string): void
  /** syslog(LOG_USER | priority, "%s", text). */
  syslog (priority: number, text: string): void
  /** strerror(3) in the C locale, of a positive number: the console protocol sends it. */
  strerror (errno: number): string

  // ---- foreign descriptors ----
  /**
   * Has a helper thread receive one packet with one descriptor from `connection` (which is duplicated; wait for it to be
   * readable first), check that it is a TAP, by /proc/self/fdinfo before any ioctl, or an AF_PACKET socket, and answer
   * through the loop. `done(fd, flags, name, length)`: the TAP, its IFF_* flags (IFF_NO_PI exact) and name, and the
   * packet's real length, its octets in `packet`. A TAP with IFF_VNET_HDR has a header of 12 octets then. A packet socket
   * has INSPECTED_PACKET for flags, and is prepared. fd < 0 is -errno: ETIMEDOUT no packet in 2 s, ECONNRESET end of
   * file, EBADMSG no descriptor, ENOTTY neither, EBADFD one without interface, EBUSY a packet socket with a ring, or too
   * many descriptors of strangers wait for a close that hangs.
   */
  inspectDescriptor (connection: number, packet: Uint8Array, done: InspectDone): number
  /** Closes a descriptor on the helper thread: the last close of a tap takes 19 ms, one of a dead FUSE file hangs. */
  closeElsewhere (fd: number): number
}

const require = createRequire(import.meta.url)

/** The program `vde_node`, the init of a node: see csrc/node/node.c. */
export const nodeProgram: string = fileURLToPath(new URL('../build/vde_node', import.meta.url))

/** The addon. Loading throws when it was not built (`npm run build`). */
export const native: Native = require('../build/vde_native.node') as Native
