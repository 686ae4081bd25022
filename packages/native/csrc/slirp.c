/*
 * User-mode TCP/IP: libslirp, found at run time, and the little it wants of a program around it. No policy: what it is told
 * comes from outside.
 *
 *     input --> slirp_input ------.
 *                                  > send_packet --> slab of frames, which the caller empties
 *     turn --> slirp_pollfds_poll '
 *
 * Its descriptors are in an epoll set of our own, with one timer for all its times, so that the caller watches one
 * descriptor. libslirp names its descriptors anew before each sleep; told to the kernel is what changed. A number may come
 * back as another descriptor: libslirp announces each one it makes or closes, and then nothing is known of it any more.
 *
 *     slab  | HEADROOM | frame | HEADROOM | frame | ...        spans  | frames, frames lost, at, len, at, len, ...
 *
 * Of libslirp's interface (its header libslirp.h) only structures of version 1 are used, which every 4.x later than 4.0 has,
 * and of version 4 where that is known. It prints its own complaints; what it does in case of a broken assertion is abort().
 */
#define _GNU_SOURCE
#include "native.h"

#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define LIBRARY "libslirp.so.0"
#define HEADROOM 32
#define MOST_EVENTS 256
#define MOST_TIMERS 8
#define NS_PER_MS 1000000
/* Flags of slirp_add_hostxfwd. */
#define FORWARD_UDP 1
/* The structure's version that has disable_dhcp, and the one that every library knows. */
#define NEW_CONFIG 4
#define OLD_CONFIG 1

/* struct SlirpConfig. */
struct config {
  uint32_t version;
  int restricted;
  bool in_enabled;
  struct in_addr vnetwork, vnetmask, vhost;
  bool in6_enabled;
  struct in6_addr vprefix_addr6;
  uint8_t vprefix_len;
  struct in6_addr vhost6;
  const char *vhostname, *tftp_server_name, *tftp_path, *bootfile;
  struct in_addr vdhcp_start, vnameserver;
  struct in6_addr vnameserver6;
  const char **vdnssearch;
  const char *vdomainname;
  size_t if_mtu, if_mru;
  bool disable_host_loopback, enable_emu;
  struct sockaddr_in *outbound_addr;
  struct sockaddr_in6 *outbound_addr6;
  bool disable_dns, disable_dhcp;
};

/* struct SlirpCb. */
struct callbacks {
  ssize_t (*send_packet)(const void *, size_t, void *);
  void (*guest_error)(const char *, void *);
  int64_t (*clock_get_ns)(void *);
  void *(*timer_new)(void (*)(void *), void *, void *);
  void (*timer_free)(void *, void *);
  void (*timer_mod)(void *, int64_t, void *);
  void (*register_poll_fd)(int, void *);
  void (*unregister_poll_fd)(int, void *);
  void (*notify)(void *);
  void (*init_completed)(void *, void *);
  void *(*timer_new_opaque)(int, void *, void *);
};

static struct {
  void *(*new)(const struct config *, const struct callbacks *, void *);
  void (*cleanup)(void *);
  void (*fill)(void *, uint32_t *, int (*)(int, int, void *), void *);
  void (*poll)(void *, int, int (*)(int, void *), void *);
  void (*input)(void *, const uint8_t *, int);
  int (*add_forward)(void *, const struct sockaddr *, socklen_t, const struct sockaddr *, socklen_t, int);
  int (*remove_forward)(void *, const struct sockaddr *, socklen_t, int);
  int (*add_exec)(void *, const char *, struct in_addr *, int);
  int (*add_unix)(void *, const char *, struct in_addr *, int);
  int (*remove_guest)(void *, struct in_addr, int);
  char *(*connections)(void *);
  const char *(*version)(void);
  bool is_new;
} library;

/* What epoll was told of a descriptor, and what it told. */
struct watch {
  uint32_t wanted, ready, round;
};

struct timer {
  void (*expired)(void *);
  void *opaque;
  int64_t due;             /* ns; VN_NEVER: does not run */
};

struct vn_slirp {
  void *stack;
  int epfd, timerfd;
  struct watch *watches;   /* by descriptor */
  int watch_count;
  int *listed;             /* descriptors of this round, then room */
  int listed_count, listed_room;
  uint32_t round;
  int64_t armed;           /* what the timer is set to */
  struct timer timers[MOST_TIMERS];
  uint8_t *slab;
  size_t slab_room;
  int32_t *spans;
  size_t span_room;        /* int32 of spans */
};

static bool find(void *handle, const char *name, void *to)
{
  *(void **)to = dlsym(handle, name);
  return *(void **)to != NULL;
}

int vn_slirp_load(void)
{
  if (library.new != NULL) return 0;
  void *handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return -ENOENT;
  void *unused;
  bool is_there = find(handle, "slirp_cleanup", &library.cleanup) && find(handle, "slirp_pollfds_fill", &library.fill) &&
    find(handle, "slirp_pollfds_poll", &library.poll) && find(handle, "slirp_input", &library.input) &&
    find(handle, "slirp_add_hostxfwd", &library.add_forward) && find(handle, "slirp_remove_hostxfwd", &library.remove_forward) &&
    find(handle, "slirp_add_exec", &library.add_exec) && find(handle, "slirp_add_unix", &library.add_unix) &&
    find(handle, "slirp_remove_guestfwd", &library.remove_guest) &&
    find(handle, "slirp_connection_info", &library.connections) && find(handle, "slirp_version_string", &library.version);
  library.is_new = find(handle, "slirp_handle_timer", &unused);
  return is_there && find(handle, "slirp_new", &library.new) ? 0 : -ENOSYS;
}

const char *vn_slirp_version(void) { return library.version(); }

/* ---- callbacks ---- */

static ssize_t send_packet(const void *frame, size_t len, void *opaque)
{
  struct vn_slirp *self = opaque;
  int32_t *spans = self->spans;
  size_t count = (size_t)spans[0], at = HEADROOM;
  if (count > 0) at += (size_t)spans[2 * count] + (size_t)spans[2 * count + 1];
  if (2 * count + 4 > self->span_room || at + len > self->slab_room) {
    spans[1]++;
    return (ssize_t)len;
  }
  memset(self->slab + at - HEADROOM, 0, HEADROOM);
  memcpy(self->slab + at, frame, len);
  spans[2 * count + 2] = (int32_t)at;
  spans[2 * count + 3] = (int32_t)len;
  spans[0] = (int32_t)count + 1;
  return (ssize_t)len;
}

static void guest_error(const char *text, void *opaque)
{
  (void)text;
  (void)opaque;
}

static int64_t clock_get_ns(void *opaque)
{
  (void)opaque;
  return vn_clock();
}

static void *timer_new(void (*expired)(void *), void *expired_opaque, void *opaque)
{
  struct vn_slirp *self = opaque;
  for (size_t i = 0; i < MOST_TIMERS; i++) {
    if (self->timers[i].expired != NULL) continue;
    self->timers[i] = (struct timer){ .expired = expired, .opaque = expired_opaque, .due = VN_NEVER };
    return &self->timers[i];
  }
  return NULL;
}

static void timer_free(void *timer, void *opaque)
{
  (void)opaque;
  if (timer != NULL) ((struct timer *)timer)->expired = NULL;
}

static void timer_mod(void *timer, int64_t due_ms, void *opaque)
{
  (void)opaque;
  if (timer != NULL) ((struct timer *)timer)->due = due_ms * NS_PER_MS;
}

/* A descriptor was made, or is about to be closed. */
static void forget(int fd, void *opaque)
{
  struct vn_slirp *self = opaque;
  if (fd < 0 || fd >= self->watch_count) return;
  if (self->watches[fd].wanted != 0) vn_epoll_control(self->epfd, EPOLL_CTL_DEL, fd, 0);
  self->watches[fd] = (struct watch){ 0 };
}

static void notify(void *opaque) { (void)opaque; }

static const struct callbacks callbacks = {
  .send_packet = send_packet, .guest_error = guest_error, .clock_get_ns = clock_get_ns, .timer_new = timer_new,
  .timer_free = timer_free, .timer_mod = timer_mod, .register_poll_fd = forget, .unregister_poll_fd = forget, .notify = notify
};

/* ---- descriptors: libslirp's bits are those of poll(2) but for OUT and PRI, which are exchanged ---- */

static uint32_t exchange(uint32_t bits) { return (bits & ~6u) | (bits & 2) << 1 | (bits & 4) >> 1; }

static bool make_room(struct vn_slirp *self, int fd)
{
  if (fd >= self->watch_count) {
    int count = (fd / 64 + 1) * 64;
    struct watch *more = realloc(self->watches, (size_t)count * sizeof *more);
    if (more == NULL) return false;
    memset(more + self->watch_count, 0, (size_t)(count - self->watch_count) * sizeof *more);
    self->watches = more;
    self->watch_count = count;
  }
  if (self->listed_count < self->listed_room) return true;
  int room = self->listed_room + 64;
  int *more = realloc(self->listed, (size_t)room * sizeof *more);
  if (more == NULL) return false;
  self->listed = more;
  self->listed_room = room;
  return true;
}

static int add_poll(int fd, int events, void *opaque)
{
  struct vn_slirp *self = opaque;
  uint32_t wanted = exchange((uint32_t)events) & (EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLERR | EPOLLHUP);
  if (fd < 0 || wanted == 0 || !make_room(self, fd)) return -1;
  struct watch *watch = &self->watches[fd];
  if (watch->wanted != wanted) {
    int op = watch->wanted == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    int result = vn_epoll_control(self->epfd, op, fd, wanted);
    /* One that was closed or made without a word. */
    if (result == -ENOENT || result == -EEXIST) {
      op = op == EPOLL_CTL_ADD ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
      result = vn_epoll_control(self->epfd, op, fd, wanted);
    }
    watch->wanted = result < 0 ? 0 : wanted;
  }
  watch->round = self->round;
  self->listed[self->listed_count] = fd;
  return self->listed_count++;
}

static int get_revents(int index, void *opaque)
{
  struct vn_slirp *self = opaque;
  if (index < 0 || index >= self->listed_count) return 0;
  return (int)exchange(self->watches[self->listed[index]].ready);
}

/* Has the timer expire when libslirp wants it next. One that is set earlier stays: it costs a turn, a change a call. */
static void set_timer(struct vn_slirp *self, uint32_t wait_ms)
{
  int64_t due = wait_ms == UINT32_MAX ? VN_NEVER : vn_clock() + (int64_t)wait_ms * NS_PER_MS;
  for (size_t i = 0; i < MOST_TIMERS; i++) {
    if (self->timers[i].expired != NULL && self->timers[i].due < due) due = self->timers[i].due;
  }
  if (due >= self->armed) return;
  self->armed = due;
  vn_timer_set(self->timerfd, due);
}

/* Asks libslirp what it waits for, and has epoll know. */
static void list(struct vn_slirp *self)
{
  int before = self->listed_count;
  int *old = malloc((size_t)before * sizeof *old + 1);
  uint32_t wait_ms = UINT32_MAX;
  if (old != NULL && before > 0) memcpy(old, self->listed, (size_t)before * sizeof *old);
  self->round++;
  self->listed_count = 0;
  library.fill(self->stack, &wait_ms, add_poll, self);
  for (int i = 0; old != NULL && i < before; i++) {
    if (self->watches[old[i]].round != self->round) forget(old[i], self);
  }
  free(old);
  set_timer(self, wait_ms);
}

static void run_timers(struct vn_slirp *self)
{
  int64_t now = vn_clock();
  if (self->armed > now) return;
  self->armed = VN_NEVER;
  vn_timer_set(self->timerfd, VN_NEVER);
  for (size_t i = 0; i < MOST_TIMERS; i++) {
    struct timer *timer = &self->timers[i];
    if (timer->expired == NULL || timer->due > now) continue;
    timer->due = VN_NEVER;
    timer->expired(timer->opaque);
  }
}

void vn_slirp_turn(struct vn_slirp *self)
{
  struct epoll_event events[MOST_EVENTS];
  int count = epoll_wait(self->epfd, events, MOST_EVENTS, 0);
  for (int i = 0; i < count; i++) {
    int fd = events[i].data.fd;
    if (fd != self->timerfd && fd < self->watch_count) self->watches[fd].ready = events[i].events;
  }
  run_timers(self);
  library.poll(self->stack, 0, get_revents, self);
  for (int i = 0; i < count; i++) {
    int fd = events[i].data.fd;
    if (fd != self->timerfd && fd < self->watch_count) self->watches[fd].ready = 0;
  }
  list(self);
}

void vn_slirp_input(struct vn_slirp *self, const uint8_t *frame, size_t len) { library.input(self->stack, frame, (int)len); }

int vn_slirp_descriptor(const struct vn_slirp *self) { return self->epfd; }

/* ---- forwards ---- */

int vn_slirp_forward(struct vn_slirp *self, int udp, const uint8_t *host, const uint8_t *guest)
{
  int host_len = vn_address_length(host), guest_len = vn_address_length(guest);
  if (host_len < 0 || guest_len < 0) return -EAFNOSUPPORT;
  errno = 0;
  int result = library.add_forward(self->stack, (const struct sockaddr *)host, (socklen_t)host_len,
                                   (const struct sockaddr *)guest, (socklen_t)guest_len, udp != 0 ? FORWARD_UDP : 0);
  return result == 0 ? 0 : errno != 0 ? -errno : -EINVAL;
}

int vn_slirp_unforward(struct vn_slirp *self, int udp, const uint8_t *host)
{
  int len = vn_address_length(host);
  if (len < 0) return -EAFNOSUPPORT;
  int flags = udp != 0 ? FORWARD_UDP : 0;
  return library.remove_forward(self->stack, (const struct sockaddr *)host, (socklen_t)len, flags) == 0 ? 0 : -ENOENT;
}

int vn_slirp_guest_forward(struct vn_slirp *self, int is_command, uint8_t *address, int port, const char *target)
{
  struct in_addr guest;
  memcpy(&guest, address, sizeof guest);
  int (*add)(void *, const char *, struct in_addr *, int) = is_command != 0 ? library.add_exec : library.add_unix;
  if (add(self->stack, target, &guest, port) != 0) return -EINVAL;
  memcpy(address, &guest, sizeof guest);
  return 0;
}

int vn_slirp_guest_unforward(struct vn_slirp *self, const uint8_t *address, int port)
{
  struct in_addr guest;
  memcpy(&guest, address, sizeof guest);
  return library.remove_guest(self->stack, guest, port) == 0 ? 0 : -ENOENT;
}

char *vn_slirp_connections(struct vn_slirp *self) { return library.connections(self->stack); }

/* ---- begin and end ---- */

static const char *absent_when_empty(const char *text) { return text[0] == '\0' ? NULL : text; }

static void configure(struct config *config, const struct vn_slirp_settings *from)
{
  const uint8_t *at = from->addresses;
  const int32_t *number = from->numbers;
  config->version = library.is_new ? NEW_CONFIG : OLD_CONFIG;
  memcpy(&config->vnetwork, at, 4);
  memcpy(&config->vnetmask, at + 4, 4);
  memcpy(&config->vhost, at + 8, 4);
  memcpy(&config->vdhcp_start, at + 12, 4);
  memcpy(&config->vnameserver, at + 16, 4);
  memcpy(&config->vprefix_addr6, at + 20, 16);
  memcpy(&config->vhost6, at + 36, 16);
  memcpy(&config->vnameserver6, at + 52, 16);
  config->restricted = number[0];
  config->in_enabled = number[1] != 0;
  config->in6_enabled = number[2] != 0;
  config->vprefix_len = (uint8_t)number[3];
  config->if_mtu = (size_t)number[4];
  config->if_mru = (size_t)number[5];
  config->disable_host_loopback = number[6] != 0;
  config->disable_dhcp = number[7] != 0;
  config->vhostname = absent_when_empty(from->texts[0]);
  config->tftp_server_name = absent_when_empty(from->texts[1]);
  config->tftp_path = absent_when_empty(from->texts[2]);
  config->bootfile = absent_when_empty(from->texts[3]);
  config->vdomainname = absent_when_empty(from->texts[4]);
  config->vdnssearch = from->texts[5] == NULL ? NULL : from->texts + 5;
}

int vn_slirp_open(const struct vn_slirp_settings *settings, struct vn_slirp **out)
{
  struct vn_slirp *self = calloc(1, sizeof *self);
  if (self == NULL) return -ENOMEM;
  self->armed = VN_NEVER;
  self->slab = settings->slab;
  self->slab_room = settings->slab_room;
  self->spans = settings->spans;
  self->span_room = settings->span_room;
  self->timerfd = -1;
  self->epfd = vn_epoll_create();
  if (self->epfd >= 0) self->timerfd = vn_timer_create();
  int failed = self->epfd < 0 ? self->epfd : self->timerfd;
  if (failed >= 0) failed = vn_epoll_control(self->epfd, EPOLL_CTL_ADD, self->timerfd, EPOLLIN);
  if (failed >= 0) {
    struct config config = { 0 };
    configure(&config, settings);
    self->stack = library.new(&config, &callbacks, self);
    if (self->stack == NULL) failed = -EINVAL;
  }
  if (failed < 0) {
    vn_slirp_close(self);
    return failed;
  }
  list(self);
  *out = self;
  return 0;
}

void vn_slirp_close(struct vn_slirp *self)
{
  if (self->stack != NULL) library.cleanup(self->stack);
  if (self->timerfd >= 0) close(self->timerfd);
  if (self->epfd >= 0) close(self->epfd);
  free(self->watches);
  free(self->listed);
  free(self);
}
