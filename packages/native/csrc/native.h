/*
 * System calls for the suite, without N-API: every function answers a value >= 0, or -errno.
 *
 *     fd.c serial.c socket.c batch.c tap.c packet.c   one call each, on descriptors
 *     internet.c datagram.c                  the same for UDP and TCP: sockets with addresses
 *     link.c offload.c                       interfaces: ioctls, rtnetlink, what they leave undone
 *     epoll.c timer.c inotify.c              the ready set, time, and names that come and go
 *     spawn.c child.c                        a process in new namespaces: before and after the clone
 *     process.c account.c                    signals, pidfds, users, log
 *     cipher.c                               the ciphers Node has inside
 *     slirp.c                                user-mode TCP/IP, by a library found at run time
 *     inspect.c inspector.c                  descriptors of strangers: helper threads, and the process behind them
 *
 * Every descriptor is close-on-exec at birth. Nothing on the data path allocates. Buffers are borrowed for the call.
 */
#ifndef VN_NATIVE_H
#define VN_NATIVE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Answer of a system call in the form all functions here use. */
static inline int vn_result(long value) { return value < 0 ? -errno : (int)value; }

/* Most descriptors one message carries (SCM_MAX_FD of the kernel). */
#define VN_MAX_FDS 253
/* Room of an interface name, its final NUL included (IFNAMSIZ). */
#define VN_IFNAME 16

/* ---- fd.c ---- */
int vn_close(int fd);
/* Closes first and all above; async-signal-safe. */
void vn_close_from(int first);
int vn_read(int fd, uint8_t *buf, size_t len);
int vn_write(int fd, uint8_t *buf, size_t len);
int vn_read_nowait(int fd, uint8_t *buf, size_t len);
int vn_write_nowait(int fd, uint8_t *buf, size_t len);
/* spans: count pairs (at, len) inside buf[0, room); -EINVAL for one that is not. */
int vn_write_vector(int fd, uint8_t *buf, size_t room, const int32_t *spans, size_t count);
int vn_pipe(int nonblock, int32_t *out);
int vn_eventfd(int initial);
int vn_duplicate(int fd, int min);
int vn_set_nonblock(int fd, int on);
int vn_set_cloexec(int fd, int on);
int vn_file_type(int fd);
int vn_is_tty(int fd);
int vn_poll(int fd, int mask, int timeout_ms);

/* ---- timer.c ---- */
/* For vn_timer_set: not before it is set again. */
#define VN_NEVER INT64_MAX
/* Nanoseconds of CLOCK_MONOTONIC. */
int64_t vn_clock(void);
int vn_timer_create(void);
/* Has the timer expire at `due`, at once if that has passed; forgets that it has expired before. */
int vn_timer_set(int fd, int64_t due);

/* ---- epoll.c ---- */
int vn_epoll_create(void);
int vn_epoll_control(int epfd, int op, int fd, uint32_t mask);
/* Fills pairs (fd, mask), at most `most`; waits for the first, -1: for ever. Answers the number of pairs. */
int vn_epoll_collect(int epfd, int32_t *pairs, size_t most, int timeout_ms);

/* ---- inotify.c ---- */
int vn_inotify_create(void);
/* `path` is a directory, ends in NUL and has `len` octets. Answers the watch, the same one for the same directory. */
int vn_inotify_add(int fd, const char *path, size_t len);
int vn_inotify_remove(int fd, int watch);

/* ---- serial.c ---- */
/* 8 bits, no parity, one stop bit; baud: the number. -EINVAL: no such speed. */
int vn_serial_raw(int fd, int baud);

/* ---- socket.c ---- */
int vn_unix_socket(int type);
int vn_socket_pair(int type, int32_t *out);
/* path: len octets, no final NUL wanted; a leading NUL is the abstract name space. */
int vn_bind_unix(int fd, const char *path, size_t len);
int vn_connect_unix(int fd, const char *path, size_t len);
int vn_connect_address(int fd, uint8_t *address, size_t len);
/* Undoes connect(2) of a datagram socket. */
int vn_disconnect(int fd);
int vn_listen(int fd, int backlog);
int vn_accept(int fd);
int vn_shutdown(int fd, int how);
int vn_peer_credentials(int fd, int32_t *out);
int vn_peer_groups(int fd, uint32_t *out, size_t room);
int vn_set_buffers(int fd, int send_octets, int receive_octets);
int vn_socket_error(int fd);
int vn_socket_type(int fd);
/* Senders of descriptors get EPERM; connections accepted later inherit it. -ENOPROTOOPT before Linux 6.16. */
int vn_refuse_descriptors(int fd);

/* ---- batch.c ---- */
int vn_receive(int fd, uint8_t *buf, size_t len);
int vn_send(int fd, uint8_t *buf, size_t len);
/* The i-th datagram goes to buf + i * stride, at most size octets; the caller proved that count of them fit. */
int vn_receive_batch(int fd, uint8_t *buf, size_t stride, size_t size, size_t count, int32_t *lengths);
int vn_send_batch(int fd, uint8_t *buf, size_t room, const int32_t *spans, size_t count);
int vn_send_descriptors(int fd, uint8_t *buf, size_t len, const int32_t *fds, size_t count);
/* flags: of recvmsg, added to MSG_CMSG_CLOEXEC. *count: room before, descriptors received after. */
int vn_receive_descriptors(int fd, uint8_t *buf, size_t len, int flags, int32_t *fds, size_t *count);

/* ---- internet.c ---- */
/* Octets of an address, see there, and from one to the next in an array of them. */
#define VN_ADDRESS 28
#define VN_ADDRESS_STRIDE 32
/* family: AF_INET or AF_INET6, which then takes no IPv4. */
int vn_internet_socket(int family, int type);
/* Octets of the sockaddr that begins there, -EAFNOSUPPORT when it is neither of the two. */
int vn_address_length(const uint8_t *address);
/* len: room there, at least VN_ADDRESS. */
int vn_bind_internet(int fd, uint8_t *address, size_t len);
int vn_connect_internet(int fd, uint8_t *address, size_t len);
int vn_local_address(int fd, uint8_t *address, size_t len);
int vn_peer_address(int fd, uint8_t *address, size_t len);
int vn_set_option(int fd, int level, int option, int value);
int vn_get_option(int fd, int level, int option);
/* interface: index, 0 has the routes decide. */
int vn_join_group(int fd, const uint8_t *group, size_t len, int interface);
int vn_multicast_interface(int fd, int family, int interface);

/* ---- datagram.c ---- */
/* The i-th datagram goes to buf + i * stride, at most size octets; the caller proved that all of them fit. */
struct vn_inbox {
  int fd;
  uint8_t *buf;
  size_t stride, size;
  int32_t *lengths;   /* pairs: real length; size of the datagrams in it, or 0 */
  uint8_t *addresses; /* VN_ADDRESS_STRIDE apart: where it came from */
};
struct vn_outbox {
  int fd;
  uint8_t *buf;
  size_t room;
  uint8_t *addresses;
  size_t address_room;
};
int vn_receive_from(const struct vn_inbox *in, size_t count);
/* quads: at, len, size of the datagrams to cut it into or 0, index of the address or -1 for a connected socket. */
int vn_send_to(const struct vn_outbox *out, const int32_t *quads, size_t count);

/* ---- tap.c ---- */
int vn_tun_open(const char *device);
/* name: room for VN_IFNAME octets, the wish before and the real name after. */
int vn_tap_attach(int fd, char *name, int flags);
int vn_tap_open(const char *device, char *name, int flags);
int vn_tap_persist(int fd, int on);
int vn_tap_owner(int fd, uint32_t uid);
int vn_tap_group(int fd, uint32_t gid);
int vn_tap_offload(int fd, int mask);
int vn_tap_header_size(int fd, int octets);
int vn_tap_info(int fd, char *name);
int vn_tap_carrier(int fd, int on);

/* ---- packet.c ---- */
/* Bound to nothing: no frames until vn_packet_bind. Async-signal-safe. */
int vn_packet_open(void);
/* Frames with PACKET_VNET_HDR, tags in PACKET_AUXDATA: what vn_packet_receive and vn_packet_send want. */
int vn_packet_prepare(int fd);
int vn_packet_ignore_outgoing(int fd);
int vn_packet_bind(int fd, int index);
int vn_packet_promiscuous(int fd, int index);
/* A filter: no frames with the address of the interface as their source. */
int vn_packet_skip_own(int fd, int index);
/* Index of the interface it is bound to; -ENODEV when that is gone. */
int vn_packet_interface(int fd);
/* 1: that interface is up, 0: it is down, -ENODEV: it is gone. */
int vn_packet_state(int fd);
/* 0: a raw AF_PACKET socket with all frames of an Ethernet interface. -ENOTSOCK, -ENOTTY: something else. */
int vn_packet_info(int fd, char *name);
/* A frame behind its header of 12 octets. The length it had: above len, it was cut. */
int vn_packet_receive(int fd, uint8_t *buf, size_t len);
int vn_packet_send(int fd, uint8_t *buf, size_t len);

/* ---- link.c ---- */
int vn_interface_mtu(const char *name);
int vn_set_interface_mtu(const char *name, int mtu);
/* What ethtool shows as its speed, 0: it knows none. -EOPNOTSUPP: not of this kind. */
int vn_interface_speed(const char *name);
int vn_set_interface_speed(const char *name, int mbit);
/* As vn_set_interface_speed, in the namespace of the socket fd. */
int vn_set_interface_speed_at(int fd, const char *name, int mbit);
int vn_set_interface_up(const char *name, int up);
int vn_interface_index(const char *name);
/* As vn_interface_index, in the namespace of the socket fd. */
int vn_interface_index_at(int fd, const char *name);
/* A socket for vn_rtnetlink_at, which works in the namespace it was opened in. Async-signal-safe. */
int vn_rtnetlink_open(void);
int vn_rtnetlink_at(int fd, uint8_t *message, size_t len);
int vn_rtnetlink(uint8_t *message, size_t len);

/* ---- offload.c ---- */
/* mask: as of vn_tap_offload. fd: any socket of the namespace. */
int vn_interface_offload(int fd, const char *name, int mask);

/* ---- process.c ---- */
int vn_pidfd_wait(int pidfd);
int vn_pidfd_signal(int pidfd, int signal);
int vn_pidfd_open(int pid);
int vn_setpgid(int pid, int pgid);
int vn_getpgid(int pid);
int vn_getsid(int pid);
int vn_kill(int pid, int signal);
int vn_raise_default(int signal);
int vn_ignore_signal(int signal);
/* Has the sender's kind of `signal` kept; wants a handler in place, which goes on being called. */
int vn_note_origin(int signal);
int vn_is_from_kernel(int signal);
int vn_exit_now(int status);
/* Bit n - 1: signal n was given to vn_ignore_signal. */
uint64_t vn_ignored_signals(void);
int vn_set_process_name(const char *name);
int vn_setsid(void);
/* tcsetpgrp, also from the background. */
int vn_terminal_group(int fd, int pgrp);
int vn_umask(int mask);

/* ---- account.c ---- */
struct vn_account {
  char *name, *home, *shell; /* inside buffer */
  uint32_t uid, gid;
  char *buffer; /* free() it */
};
/* name NULL: by uid. 0, -ENOENT, or what the database failed with. */
int vn_user(const char *name, uint32_t uid, struct vn_account *out);
/* name NULL: by *gid. *text becomes the group's name (inside *buffer, which the caller frees). */
int vn_group(const char *name, uint32_t *gid, char **text, char **buffer);
/* *out becomes an array the caller frees; answers its length. */
int vn_groups_of(const char *name, uint32_t gid, uint32_t **out);
int vn_openlog(const char *ident);
void vn_syslog(int priority, const char *text);
/* Text of a positive error number in the C locale, never NULL, cut to room. */
void vn_strerror(int number, char *out, size_t room);

/* ---- spawn.c ---- */
enum vn_step {
  VN_CLONE, VN_SETGROUPS, VN_UID_MAP, VN_GID_MAP, VN_TUN, VN_TAP, VN_PACKET, VN_CAPABILITIES, VN_MOUNT, VN_HOSTNAME,
  VN_CHDIR, VN_PGID, VN_FDS, VN_EXEC, VN_JOIN
};

/* Whose ids a new user namespace has. */
enum vn_ids {
  VN_IDS_OWN,   /* the caller's euid and egid, onto themselves */
  VN_IDS_ROOT,  /* the same, as 0 */
  VN_IDS_OTHERS /* none: somebody else writes the maps before a held child goes on */
};

#define VN_CLOSED (-2)

struct vn_spawn_spec {
  const char *file;
  char **argv, **env;  /* NULL at the end */
  const int32_t *fds;  /* fds[i] becomes i; -1 is /dev/null, VN_CLOSED none */
  size_t fd_count;
  const char *cwd;        /* or NULL */
  int pgid;               /* -1: that of the caller */
  int namespaces;         /* CLONE_NEW* */
  enum vn_ids ids;
  int join;               /* pidfd of a process whose user, mount, PID, network and UTS namespaces are joined; or -1 */
  uint32_t capabilities;  /* bit n: capability n, made ambient */
  const char *hostname;   /* or NULL */
  const char *resolv_conf; /* or NULL */
  char **taps;
  size_t tap_count;
  int tap_flags;
  int tap_mtu; /* 0: the kernel's */
  const int32_t *tap_speeds; /* what ethtool shows of each, in Mbit/s; 0, or behind the last: the kernel's */
  size_t speed_count;
  /* Unbound packet sockets of a second, empty network namespace; 0: none, and no such namespace. */
  size_t packet_count;
  bool hold;
};

struct vn_spawned {
  int pid, pidfd;
  int hold;   /* descriptor for vn_spawn_release, or -1 */
  int *handed; /* room for vn_handed, of the caller: taps; packet sockets, rtnetlink outside; where there are any, rtnetlink inside */
  /* after a failure */
  enum vn_step step;
  int index;
};

/* Descriptors that a child hands up. */
size_t vn_handed(const struct vn_spawn_spec *spec);
/* 0, or -errno with out->step and out->index; then nothing is left: no descriptor, no zombie. */
int vn_spawn(const struct vn_spawn_spec *spec, struct vn_spawned *out);
/* Closes hold in any case. */
int vn_spawn_release(int hold);

/* ---- inspect.c ---- */
/* Above every IFF_* of TUNGETIFF. */
#define VN_INSPECTED_PACKET 0x10000

struct vn_inspection {
  int connection;   /* owned by the inspection until done */
  uint8_t *packet;
  size_t room;
  /* filled on the helper thread */
  int result;       /* the tap or packet socket, or -errno */
  int flags;        /* IFF_* of the tap, or VN_INSPECTED_PACKET */
  char name[VN_IFNAME];
  size_t length;    /* octets the packet really had */
  /* called on the helper thread; owns the structure from then on */
  void (*done)(struct vn_inspection *);
  void *owner;
  struct vn_inspection *next; /* free for use after done */
};

int vn_inspect(struct vn_inspection *inspection);
int vn_close_elsewhere(int fd);

/* ---- cipher.c ---- */
struct vn_cipher;
/* AES-128, CBC when chained, else ECB; a key of 16 octets. */
int vn_cipher_open(bool chained, bool encrypt, const uint8_t *key, size_t len, struct vn_cipher **out);
/* Whole blocks of 16; iv: 16 octets, which ECB does not look at; out may be in. */
int vn_cipher_run(struct vn_cipher *cipher, const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out);
/* ChaCha20-Poly1305 (RFC 8439); a key of 32 octets. */
int vn_aead_open(bool encrypt, const uint8_t *key, size_t len, struct vn_cipher **out);
/* Seals or opens in place; nonce: 12 octets; the last 16 of the len octets are the tag. Octets of plain text, or -EBADMSG. */
int vn_aead_run(struct vn_cipher *cipher, const uint8_t *nonce, uint8_t *text, size_t len);
void vn_cipher_close(struct vn_cipher *cipher);

/* ---- slirp.c ---- */
struct vn_slirp;
/*
 * addresses: network, netmask, host, first lease, name server of IPv4, 4 octets each; prefix, host, name server of IPv6, 16 each.
 * numbers: restricted, IPv4, IPv6, octets of the IPv6 prefix in bits, MTU, MRU, no loopback of the host, no DHCP.
 * texts: host name, TFTP server name, TFTP path, boot file, domain name, then search domains; empty: none; NULL at the end.
 * slab and spans: see slirp.c; both stay while it is open.
 */
struct vn_slirp_settings {
  const uint8_t *addresses;
  const int32_t *numbers;
  const char **texts;
  uint8_t *slab;
  size_t slab_room;
  int32_t *spans;
  size_t span_room;
};
#define VN_SLIRP_ADDRESSES 68
#define VN_SLIRP_NUMBERS 8
#define VN_SLIRP_TEXTS 5
/* -ENOENT: no library, -ENOSYS: one that lacks something. To be called before the others. */
int vn_slirp_load(void);
const char *vn_slirp_version(void);
int vn_slirp_open(const struct vn_slirp_settings *settings, struct vn_slirp **out);
void vn_slirp_close(struct vn_slirp *self);
/* Becomes readable when a turn is due; owned by self. */
int vn_slirp_descriptor(const struct vn_slirp *self);
/* Serves what is ready, and what frames that came in have changed. */
void vn_slirp_turn(struct vn_slirp *self);
/* len: at most INT_MAX. */
void vn_slirp_input(struct vn_slirp *self, const uint8_t *frame, size_t len);
/* Addresses of VN_ADDRESS octets. */
int vn_slirp_forward(struct vn_slirp *self, int udp, const uint8_t *host, const uint8_t *guest);
int vn_slirp_unforward(struct vn_slirp *self, int udp, const uint8_t *host);
/* address: IPv4, 4 octets, 0.0.0.0 becomes the one that was chosen. target: a socket's path or a command line. */
int vn_slirp_guest_forward(struct vn_slirp *self, int is_command, uint8_t *address, int port, const char *target);
int vn_slirp_guest_unforward(struct vn_slirp *self, const uint8_t *address, int port);
/* A table for people; freed by the caller. */
char *vn_slirp_connections(struct vn_slirp *self);

#endif
