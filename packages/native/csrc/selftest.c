/*
 * Exercises the parts that know no N-API, without Node, so that AddressSanitizer, UndefinedBehaviorSanitizer and the leak
 * checker (or valgrind) can watch. selftest.mjs builds and runs it. Ends with 0, or 1 naming the first expectation broken.
 */
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

#define EXPECT(condition) expect((condition), #condition, __LINE__)

static int skipped;

static void expect(bool holds, const char *text, int line)
{
  if (holds) return;
  fprintf(stderr, "selftest: line %d: not %s\n", line, text);
  exit(1);
}

static int open_count(void)
{
  int count = 0;
  DIR *directory = opendir("/proc/self/fd");
  while (readdir(directory) != NULL) count++;
  closedir(directory);
  return count;
}

/* Waits, at most 10 s, for `ready` to hold. */
static void await(bool (*ready)(void *), void *context, const char *what, int line)
{
  struct timespec pause = { 0, 2000000 };
  for (int i = 0; i < 5000 && !ready(context); i++) nanosleep(&pause, NULL);
  expect(ready(context), what, line);
}

static void pair_of(int type, int *a, int *b)
{
  int32_t ends[2];
  EXPECT(vn_socket_pair(type, ends) == 0);
  *a = ends[0];
  *b = ends[1];
}

static void test_descriptors(void)
{
  uint8_t buf[16] = "hello";
  int32_t ends[2];
  int32_t spans[] = { 0, 2, 2, 3 };
  EXPECT(vn_pipe(1, ends) == 0);
  EXPECT(vn_file_type(ends[0]) == 0010000);
  EXPECT(vn_is_tty(ends[0]) == 0);
  EXPECT(vn_read(ends[0], buf, 4) == -EAGAIN);
  EXPECT(vn_poll(ends[0], 1, 1) == 0);
  EXPECT(vn_write(ends[1], buf, 5) == 5);
  EXPECT(vn_write_vector(ends[1], buf, 5, spans, 2) == 5);
  EXPECT(vn_write_vector(ends[1], buf, 4, spans, 2) == -EINVAL);
  EXPECT(vn_poll(ends[0], 1, 1000) == 1);
  EXPECT(vn_read(ends[0], buf + 5, 10) == 10);
  EXPECT(memcmp(buf, "hellohellohello", 15) == 0);
  int nowait = vn_read_nowait(ends[0], buf, 4);
  EXPECT(nowait == -EAGAIN || nowait == -EOPNOTSUPP);
  EXPECT(vn_write_nowait(-1, buf, 1) == -EBADF);
  int copy = vn_duplicate(ends[0], 100);
  EXPECT(copy >= 100 && vn_set_nonblock(copy, 0) == 0 && vn_set_cloexec(copy, 0) == 0);
  EXPECT(vn_close(copy) == 0 && vn_close(ends[0]) == 0 && vn_close(ends[1]) == 0);
  EXPECT(vn_close(-1) == -EBADF && vn_file_type(-1) == -EBADF);
  int counter = vn_eventfd(2);
  EXPECT(vn_read(counter, buf, 8) == 8 && buf[0] == 2);
  EXPECT(vn_close(counter) == 0);
}

static void test_names(void)
{
  char path[200], abstract[] = "\0vde-selftest-000000";
  uint8_t address[sizeof(struct sockaddr_un)] = { 1, 0 };
  int server = vn_unix_socket(SOCK_SEQPACKET), client = vn_unix_socket(SOCK_SEQPACKET);
  snprintf(abstract + 14, 7, "%06u", (unsigned)getpid() % 1000000u);
  EXPECT(vn_socket_type(server) == SOCK_SEQPACKET);
  memset(path, 'x', sizeof path);
  EXPECT(vn_bind_unix(server, path, 108) == -ENAMETOOLONG);
  EXPECT(vn_bind_unix(server, path, 0) == -ENOENT);
  EXPECT(vn_bind_unix(server, "a\0b", 3) == -EINVAL);
  EXPECT(vn_bind_unix(server, abstract, sizeof abstract - 1) == 0);
  EXPECT(vn_listen(server, 4) == 0);
  memcpy(address + 2, abstract, sizeof abstract - 1);
  EXPECT(vn_connect_address(client, address, sizeof address + 1) == -EINVAL);
  EXPECT(vn_connect_address(client, address, sizeof address) == -ECONNREFUSED);
  EXPECT(vn_connect_address(client, address, 2 + sizeof abstract - 1) == 0);
  int peer = vn_accept(server);
  EXPECT(peer >= 0 && vn_accept(server) == -EAGAIN);
  int32_t who[3];
  uint32_t groups[64];
  EXPECT(vn_peer_credentials(peer, who) == 0 && who[0] == getpid() && who[1] == (int32_t)geteuid());
  int count = vn_peer_groups(peer, groups, 64);
  EXPECT(count >= 0 && count == vn_peer_groups(peer, groups, 0));
  EXPECT(vn_set_buffers(peer, 65536, 65536) == 0 && vn_socket_error(peer) == 0);
  EXPECT(vn_shutdown(client, 1) == 0 && vn_receive(peer, address, 4) == 0);
  EXPECT(vn_connect_unix(client, "/nonexistent/socket", 19) < 0);
  vn_close(peer);
  vn_close(client);
  vn_close(server);
}

static void test_batches(void)
{
  enum { COUNT = 150, STRIDE = 24 };
  int a, b;
  /* Exact allocations, so that one octet too much is seen. */
  uint8_t *buf = calloc(COUNT, STRIDE);
  int32_t *lengths = calloc(COUNT, sizeof *lengths), *spans = calloc(COUNT * 2, sizeof *spans);
  pair_of(SOCK_DGRAM, &a, &b);
  for (int i = 0; i < COUNT; i++) {
    spans[i * 2] = i * STRIDE;
    spans[i * 2 + 1] = STRIDE;
    buf[i * STRIDE] = (uint8_t)i;
  }
  EXPECT(vn_send_batch(a, buf, COUNT * STRIDE, spans, COUNT) == COUNT);
  EXPECT(vn_send_batch(a, buf, COUNT * STRIDE - 1, spans, COUNT) == 128); /* the third group holds a bad span */
  memset(buf, 0, COUNT * STRIDE);
  EXPECT(vn_receive_batch(b, buf, STRIDE, STRIDE, COUNT, lengths) == COUNT);
  for (int i = 0; i < COUNT; i++) EXPECT(lengths[i] == STRIDE && buf[i * STRIDE] == (uint8_t)i);
  EXPECT(vn_receive_batch(b, buf, STRIDE, 8, COUNT, lengths) == 128 && lengths[127] == STRIDE);
  EXPECT(vn_receive_batch(b, buf, STRIDE, STRIDE, COUNT, lengths) == -EAGAIN);
  EXPECT(vn_send(a, buf, 100) == 100 && vn_receive(b, buf, 10) == 100);
  free(buf);
  free(lengths);
  free(spans);
  vn_close(a);
  EXPECT(vn_send(b, (uint8_t *)"x", 1) == -ECONNREFUSED || vn_send(b, (uint8_t *)"x", 1) < 0);
  vn_close(b);
}

static void test_passing(void)
{
  int a, b, before;
  int32_t *fds = malloc(VN_MAX_FDS * sizeof *fds);
  uint8_t text[1] = { 'x' };
  pair_of(SOCK_SEQPACKET, &a, &b);
  before = open_count();
  for (size_t sent = 0; sent <= VN_MAX_FDS; sent = sent * 2 + 1) {
    for (size_t i = 0; i < sent; i++) fds[i] = 2;
    EXPECT(vn_send_descriptors(a, text, 1, fds, sent) == 1);
    size_t count = sent > 3 ? sent - 2 : sent; /* some do not fit */
    size_t room = count;
    int32_t *got = malloc((room > 0 ? room : 1) * sizeof *got);
    EXPECT(vn_receive_descriptors(b, text, 1, MSG_DONTWAIT, got, &count) == 1 && count == room);
    for (size_t i = 0; i < count; i++) EXPECT(vn_close(got[i]) == 0);
    free(got);
    EXPECT(open_count() == before);
  }
  EXPECT(vn_send_descriptors(a, text, 1, fds, VN_MAX_FDS + 1) == -EINVAL);
  free(fds);
  vn_close(a);
  vn_close(b);
}

/* A UDP socket bound to a port of its own on the loopback address, which is put into address[VN_ADDRESS_STRIDE]. */
static int on_loopback(int family, uint8_t *address)
{
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
  int fd = vn_internet_socket(family, SOCK_DGRAM);
  if (fd < 0) return fd;
  memset(address, 0, VN_ADDRESS_STRIDE);
  if (family == AF_INET) memcpy(address, &v4, sizeof v4);
  else memcpy(address, &v6, sizeof v6);
  EXPECT(vn_bind_internet(fd, address, VN_ADDRESS - 1) == -EINVAL);
  int failed = vn_bind_internet(fd, address, VN_ADDRESS);
  if (failed == 0) failed = vn_local_address(fd, address, VN_ADDRESS);
  if (failed == 0) return fd;
  vn_close(fd);
  return failed;
}

static void test_datagrams(int family)
{
  enum { COUNT = 70, STRIDE = 24 };
  uint8_t *buf = calloc(COUNT, STRIDE), *addresses = calloc(COUNT, VN_ADDRESS_STRIDE), to[VN_ADDRESS_STRIDE];
  int32_t *lengths = calloc(COUNT * 2, sizeof *lengths), *quads = calloc(COUNT * 4, sizeof *quads);
  int b = on_loopback(family, to), a = on_loopback(family, addresses);
  if (b < 0 || a < 0) {
    fprintf(stderr, "selftest: no loopback address of family %d\n", family);
    skipped++;
  } else {
    struct vn_outbox out = { a, buf, COUNT * STRIDE, to, sizeof to };
    struct vn_inbox in = { b, buf, STRIDE, STRIDE, lengths, addresses };
    for (int i = 0; i < COUNT; i++) quads[i * 4] = i * STRIDE, quads[i * 4 + 1] = STRIDE;
    EXPECT(vn_send_to(&out, quads, COUNT) == COUNT);
    EXPECT(vn_receive_from(&in, COUNT) == COUNT && lengths[0] == STRIDE && lengths[1] == 0);
    EXPECT(vn_local_address(a, to, VN_ADDRESS) == 0 && memcmp(to, addresses + 69 * VN_ADDRESS_STRIDE, VN_ADDRESS) == 0);
    EXPECT(vn_local_address(b, to, VN_ADDRESS) == 0 && vn_connect_internet(a, to, VN_ADDRESS) == 0);
    int32_t cut[] = { 0, STRIDE, 10, -1 };
    EXPECT(vn_send_to(&out, cut, 1) == 1); /* as three, of 10, 10 and 4 */
    EXPECT(vn_receive_from(&in, COUNT) == 3 && lengths[0] == 10 && lengths[4] == 4);
    EXPECT(vn_set_option(b, IPPROTO_UDP, 104, 1) == 0 && vn_get_option(b, SOL_SOCKET, SO_TYPE) == SOCK_DGRAM);
    EXPECT(vn_send_to(&out, cut, 1) == 1 && vn_receive_from(&in, 1) == 1 && lengths[0] == STRIDE && lengths[1] == 10);
    cut[3] = 1;
    EXPECT(vn_send_to(&out, cut, 1) == -EINVAL && vn_receive_from(&in, 1) == -EAGAIN);
    EXPECT(vn_peer_address(a, to, VN_ADDRESS) == 0 && vn_peer_address(b, to, VN_ADDRESS) == -ENOTCONN);
    memset(to, 0, sizeof to);
    cut[3] = 0;
    EXPECT(vn_send_to(&out, cut, 1) == -EAFNOSUPPORT && vn_join_group(b, to, VN_ADDRESS, 0) == -EAFNOSUPPORT);
  }
  EXPECT(vn_internet_socket(AF_UNIX, SOCK_DGRAM) == -EAFNOSUPPORT);
  free(buf), free(addresses), free(lengths), free(quads);
  if (a >= 0) vn_close(a);
  if (b >= 0) vn_close(b);
}

static void test_timer(void)
{
  int fd = vn_timer_create();
  int64_t start = vn_clock();
  EXPECT(fd >= 0 && start > 0 && vn_poll(fd, 1, 0) == 0);
  EXPECT(vn_timer_set(fd, start + 3000000) == 0 && vn_poll(fd, 1, 0) == 0);
  EXPECT(vn_poll(fd, 1, 1000) == 1 && vn_clock() - start >= 3000000);
  EXPECT(vn_timer_set(fd, VN_NEVER) == 0 && vn_poll(fd, 1, 0) == 0);
  EXPECT(vn_timer_set(fd, 0) == 0 && vn_poll(fd, 1, 1000) == 1);
  EXPECT(vn_timer_set(-1, 0) == -EBADF);
  vn_close(fd);
}

static void test_epoll(void)
{
  int a, b, epfd = vn_epoll_create();
  int32_t pairs[4] = { 0 };
  pair_of(SOCK_DGRAM, &a, &b);
  EXPECT(vn_epoll_control(epfd, EPOLL_CTL_ADD, b, EPOLLIN) == 0);
  EXPECT(vn_epoll_control(epfd, EPOLL_CTL_ADD, b, EPOLLIN) == -EEXIST);
  EXPECT(vn_epoll_collect(epfd, pairs, 2, 0) == 0);
  vn_send(a, (uint8_t *)"x", 1);
  EXPECT(vn_epoll_collect(epfd, pairs, 2, 0) == 1 && pairs[0] == b && pairs[1] == EPOLLIN);
  EXPECT(vn_epoll_control(epfd, EPOLL_CTL_DEL, b, 0) == 0);
  vn_close(a);
  vn_close(b);
  vn_close(epfd);
}

static void test_accounts(void)
{
  struct vn_account account;
  uint32_t gid = 0, *groups;
  char *name, *buffer, text[64];
  EXPECT(vn_user("root", 0, &account) == 0 && account.uid == 0 && strcmp(account.name, "root") == 0);
  free(account.buffer);
  EXPECT(vn_user(NULL, 0, &account) == 0 && strcmp(account.home, "/root") == 0);
  free(account.buffer);
  EXPECT(vn_user("no-such-user", 0, &account) == -ENOENT);
  EXPECT(vn_group("root", &gid, &name, &buffer) == 0 && gid == 0);
  free(buffer);
  EXPECT(vn_group("no-such-group", &gid, &name, &buffer) == -ENOENT);
  EXPECT(vn_groups_of("root", 0, &groups) >= 1);
  free(groups);
  vn_strerror(0, text, sizeof text);
  EXPECT(strcmp(text, "Success") == 0);
  vn_strerror(ENOENT, text, 5);
  EXPECT(strcmp(text, "No s") == 0);
  EXPECT(vn_openlog("selftest") == 0 && vn_openlog("selftest-again") == 0);
  vn_syslog(6, "%s%n");
}

static char *plain_env[] = { "PATH=/usr/local/bin:/usr/bin:/bin", NULL };
static int32_t plain_fds[] = { -1, -1, 2 };

static struct vn_spawn_spec spec_of(char **argv)
{
  return (struct vn_spawn_spec){
    .file = argv[0], .argv = argv, .env = plain_env, .fds = plain_fds, .fd_count = 3, .pgid = -1, .join = -1
  };
}

static int end_of(struct vn_spawned *child)
{
  EXPECT(vn_poll(child->pidfd, 1, 10000) == 1);
  int status = vn_pidfd_wait(child->pidfd);
  vn_close(child->pidfd);
  return status;
}

static void test_spawn(void)
{
  char *exit_7[] = { "sh", "-c", "exit 7", NULL }, *missing[] = { "no-such-program", NULL };
  struct vn_spawned child = { .handed = NULL };
  struct vn_spawn_spec spec = spec_of(exit_7);
  EXPECT(vn_spawn(&spec, &child) == 0 && end_of(&child) == 7 << 8);
  spec.hold = true;
  EXPECT(vn_spawn(&spec, &child) == 0 && vn_pidfd_wait(child.pidfd) == -EAGAIN);
  int signalled = vn_pidfd_signal(child.pidfd, 0);
  EXPECT(signalled == 0 || signalled == -ENOSYS); /* valgrind 3.19 does not know the call */
  EXPECT(vn_getpgid(child.pid) == vn_getpgid(0));
  EXPECT(vn_spawn_release(child.hold) == 0 && end_of(&child) == 7 << 8);
  EXPECT(vn_spawn(&spec, &child) == 0 && vn_close(child.hold) == 0 && end_of(&child) == 127 << 8);
  spec = spec_of(missing);
  EXPECT(vn_spawn(&spec, &child) == -ENOENT && child.step == VN_EXEC);
  spec.hold = true;
  EXPECT(vn_spawn(&spec, &child) == 0 && vn_spawn_release(child.hold) == -ENOENT && end_of(&child) == 127 << 8);
  spec = spec_of(exit_7);
  spec.cwd = "/nonexistent";
  EXPECT(vn_spawn(&spec, &child) == -ENOENT && child.step == VN_CHDIR);
  spec = spec_of(exit_7);
  spec.namespaces = CLONE_VM;
  EXPECT(vn_spawn(&spec, &child) == -EINVAL && child.step == VN_CLONE);
}

struct answer { volatile bool came; struct vn_inspection *inspection; };

static void on_done(struct vn_inspection *inspection)
{
  struct answer *answer = inspection->owner;
  answer->inspection = inspection;
  __atomic_store_n(&answer->came, true, __ATOMIC_RELEASE);
}

static bool has_come(void *context) { return __atomic_load_n(&((struct answer *)context)->came, __ATOMIC_ACQUIRE); }

/* Sends `fd` and has it inspected: the result, with the inspection's name copied out. */
static int inspected(int fd, char *name)
{
  int a, b;
  struct answer answer = { false, NULL };
  struct vn_inspection *in = calloc(1, sizeof *in);
  int32_t one = fd;
  pair_of(SOCK_SEQPACKET, &a, &b);
  EXPECT(vn_send_descriptors(a, (uint8_t *)"hi", 2, &one, 1) == 2);
  *in = (struct vn_inspection){ .connection = b, .packet = malloc(8), .room = 8, .done = on_done, .owner = &answer };
  EXPECT(vn_inspect(in) == 0);
  await(has_come, &answer, "the inspection answers", __LINE__);
  int result = in->result;
  EXPECT(in->length == 2 && memcmp(in->packet, "hi", 2) == 0);
  strcpy(name, in->name);
  free(in->packet);
  free(in);
  vn_close(a);
  return result;
}

static bool fds_are(void *context) { return open_count() == *(int *)context; }

static void test_inspection(void)
{
  char name[VN_IFNAME];
  int before = open_count();
  EXPECT(inspected(0, name) == -ENOTTY && name[0] == '\0');
  EXPECT(vn_close_elsewhere(-1) == -EBADF);
  for (int i = 0; i < 40; i++) EXPECT(vn_close_elsewhere(open("/dev/null", O_RDONLY | O_CLOEXEC)) == 0);
  await(fds_are, &before, "all is closed", __LINE__);
}

static void test_tap(void)
{
  char name[VN_IFNAME] = "vs0", found[VN_IFNAME];
  int fd = vn_tap_open(NULL, name, IFF_TAP | IFF_NO_PI);
  EXPECT(fd >= 0 && strcmp(name, "vs0") == 0);
  EXPECT(vn_tap_info(fd, found) == (IFF_TAP | IFF_NO_PI) && strcmp(found, "vs0") == 0);
  EXPECT(vn_tap_open(NULL, name, IFF_TAP | IFF_NO_PI) == -EBUSY);
  EXPECT(vn_tap_open("/dev/nonexistent", name, IFF_TAP) == -ENOENT);
  EXPECT(vn_set_interface_mtu("vs0", 9216) == 0 && vn_interface_mtu("vs0") == 9216);
  EXPECT(vn_set_interface_speed("vs0", 25) == 0 && vn_interface_speed("vs0") == 25 && vn_interface_speed("lo") == -EOPNOTSUPP);
  EXPECT(vn_set_interface_speed("nonexistent", 25) == -ENODEV);
  EXPECT(vn_set_interface_up("vs0", 1) == 0 && vn_interface_index("vs0") > 0);
  EXPECT(vn_tap_persist(fd, 1) == 0 && vn_tap_persist(fd, 0) == 0 && vn_tap_offload(fd, 0) == 0);
  EXPECT(vn_tap_carrier(fd, 0) == 0 && vn_tap_header_size(fd, 3) == -EINVAL);
  struct { struct nlmsghdr head; struct ifinfomsg body; } up = {
    { sizeof up, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 7, 0 }, { .ifi_index = 1, .ifi_flags = 1, .ifi_change = 1 }
  };
  EXPECT(vn_rtnetlink((uint8_t *)&up, sizeof up) == 0);
  up.body.ifi_index = 4242;
  EXPECT(vn_rtnetlink((uint8_t *)&up, sizeof up) == -ENODEV);
  int held = inspected(fd, found);
  EXPECT(held >= 0 && strcmp(found, "vs0") == 0);
  vn_close(held);
  vn_close(fd);
}

/* Frames to the TAP vs0, which is up, arrive at its descriptor; those written there arrive at the packet socket. */
static void test_packet(void)
{
  uint8_t out[12 + 64] = { 0 }, in[200];
  char name[VN_IFNAME] = "vs0", found[VN_IFNAME];
  int tap = vn_tap_open(NULL, name, IFF_TAP | IFF_NO_PI), fd = vn_packet_open();
  EXPECT(vn_set_interface_up("vs0", 1) == 0);
  int index = vn_interface_index("vs0");
  EXPECT(vn_packet_info(fd, found) == -EBADFD && vn_packet_info(tap, found) == -ENOTSOCK);
  EXPECT(vn_packet_prepare(fd) == 0 && vn_packet_ignore_outgoing(fd) == 0 && vn_packet_skip_own(fd, index) == 0);
  EXPECT(vn_packet_bind(fd, index) == 0 && vn_packet_promiscuous(fd, index) == 0);
  EXPECT(vn_packet_info(fd, found) == 0 && strcmp(found, "vs0") == 0 && vn_packet_state(fd) == 1);
  EXPECT(vn_packet_receive(fd, in, sizeof in) == -EAGAIN && vn_packet_receive(fd, in, 23) == -EINVAL);
  memcpy(out + 12, "\xff\xff\xff\xff\xff\xff\2\0\0\0\0\1\x81\0\0\5\x88\xb5tagged", 24);
  EXPECT(vn_write(tap, out + 12, 64) == 64);
  EXPECT(vn_packet_receive(fd, in, sizeof in) == sizeof out && memcmp(in + 12, out + 12, 64) == 0);
  /* Too little room: the length it had, nothing written behind the room. */
  uint8_t *small = malloc(40);
  EXPECT(vn_write(tap, out + 12, 64) == 64 && vn_packet_receive(fd, small, 40) == sizeof out);
  free(small);
  EXPECT(vn_interface_offload(fd, "vs0", 0x0f) == 0 && vn_interface_offload(fd, "vs0", 0) == 0);
  EXPECT(vn_packet_send(fd, out, 11) == -EINVAL && vn_packet_send(fd, out, sizeof out) == 10 + 64);
  int held = inspected(fd, found);
  EXPECT(held >= 0 && strcmp(found, "vs0") == 0);
  vn_close(held);
  vn_close(tap);
  EXPECT(vn_packet_state(fd) == -ENODEV);
  vn_close(fd);
}

/* Taps made by a child in namespaces of its own; the tests of one's own taps run there too. */
static void test_namespaces(void)
{
  char program[4096] = "";
  EXPECT(readlink("/proc/self/exe", program, sizeof program - 1) > 0);
  char *self[] = { program, "inside", NULL }, *names[] = { "t0", "t1", NULL }, *twice[] = { "t0", "t0", NULL };
  int taps[3];
  char found[VN_IFNAME];
  struct vn_spawned child = { .handed = taps };
  struct vn_spawn_spec spec = spec_of(self);
  spec.namespaces = CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWUTS;
  spec.capabilities = 1u << 12;
  spec.hostname = "inner";
  spec.taps = names;
  spec.tap_count = 2;
  int failed = vn_spawn(&spec, &child);
  if (failed < 0 && (child.step == VN_CLONE || child.step == VN_TUN)) {
    fprintf(stderr, "selftest: SKIP namespaces and taps: step %d, %s\n", child.step, strerror(-failed));
    skipped++;
    return;
  }
  EXPECT(failed == 0);
  EXPECT(vn_tap_info(taps[1], found) >= 0 && strcmp(found, "t1") == 0);
  EXPECT(vn_set_interface_speed_at(taps[2], "t1", 25) == 0 && vn_set_interface_speed_at(taps[2], "nonexistent", 25) == -ENODEV);
  for (int i = 0; i < 3; i++) vn_close(taps[i]);
  EXPECT(end_of(&child) == 0);
  spec.taps = twice;
  EXPECT(vn_spawn(&spec, &child) == -EBUSY && child.step == VN_TAP && child.index == 1);
}

/* A program without OpenSSL: nothing is found, and nothing is called. */
static void test_ciphers(void)
{
  struct vn_cipher *cipher;
  uint8_t key[32] = { 0 };
  EXPECT(vn_cipher_open(true, true, key, 15, &cipher) == -EINVAL);
  EXPECT(vn_cipher_open(true, true, key, 16, &cipher) == -ENOSYS);
  EXPECT(vn_aead_open(true, key, 31, &cipher) == -EINVAL);
  EXPECT(vn_aead_open(true, key, 32, &cipher) == -ENOSYS);
}

int main(int argc, char **argv)
{
  (void)argv;
  if (argc > 1) {
    test_tap();
    test_packet();
    return 0;
  }
  vn_syslog(6, "begin"); /* keeps /dev/log open from here on, if there is one */
  int before = open_count();
  test_descriptors();
  test_names();
  test_batches();
  test_passing();
  test_datagrams(AF_INET);
  test_datagrams(AF_INET6);
  test_epoll();
  test_timer();
  test_accounts();
  test_ciphers();
  test_spawn();
  test_inspection();
  test_namespaces();
  await(fds_are, &before, "no descriptor is left", __LINE__);
  printf("selftest: ok%s\n", skipped > 0 ? ", parts skipped" : "");
  return 0;
}
