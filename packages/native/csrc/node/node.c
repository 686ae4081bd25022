/*
 * The init of a node. It holds the node's TAPs, so that they outlive whoever moves their frames, and it reaps.
 *
 *     daemon --clone, exec--> vde_node NAME SOCKET DIR         3: the first daemon's connection
 *     1. listen at SOCKET       2. furnish (furnish.c)         3. say "ready" on 3     4. serve requests (requests.c)
 *
 * Its end is the end of everything in its PID namespace; nothing but SIGKILL from outside ends it. A program of its own and
 * no copy of the daemon: that would keep the daemon's memory, 40 MB a node in the worst case, against 200 KB here.
 * Whoever connects must be this node's root, which is the user that made it.
 */
#define _GNU_SOURCE
#include "node.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* One daemon, those who run commands meanwhile, and some that died without a word. */
#define MOST_CONNECTIONS 32
#define FIRST 3
#define BACKLOG 16

enum { LISTENER, SIGNALS, CONNECTIONS };

static struct pollfd polled[CONNECTIONS + MOST_CONNECTIONS];
static nfds_t polled_count = CONNECTIONS;
static uint8_t packet[VN_NODE_PACKET];

static int listen_at(const char *path)
{
  umask(077);
  int fd = vn_unix_socket(SOCK_SEQPACKET);
  if (fd < 0) return fd;
  unlink(path);
  int failed = vn_bind_unix(fd, path, strlen(path));
  if (failed == 0) failed = vn_listen(fd, BACKLOG);
  umask(022);
  return failed < 0 ? failed : fd;
}

static int watch_children(void)
{
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigprocmask(SIG_SETMASK, &set, NULL);
  return vn_result(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

static void reap(void)
{
  struct signalfd_siginfo info;
  while (read(polled[SIGNALS].fd, &info, sizeof info) > 0);
  while (waitpid(-1, NULL, WNOHANG) > 0);
}

/* The kernel lets a user have as many descriptors under way as the sender may have open. */
static void raise_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* Of a user namespace only its own ids have numbers; anybody else is the overflow id. */
static bool is_root(int fd)
{
  int32_t who[3];
  return vn_peer_credentials(fd, who) >= 0 && who[1] == 0;
}

static void welcome(int fd)
{
  if (fd < 0) return;
  if (polled_count == CONNECTIONS + MOST_CONNECTIONS || !is_root(fd)) {
    close(fd);
    return;
  }
  polled[polled_count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static void part(nfds_t i)
{
  close(polled[i].fd);
  polled[i] = polled[--polled_count];
}

static bool serve(int fd)
{
  size_t none = 0;
  /* Descriptors are taken from nobody: room for none. */
  int got = vn_receive_descriptors(fd, packet, sizeof packet, MSG_DONTWAIT, NULL, &none);
  if (got == -EAGAIN || got == -EINTR) return true;
  return got > 0 && vn_node_answer(fd, packet, (size_t)got) >= 0;
}

static void turn(void)
{
  if (poll(polled, polled_count, -1) < 0) return;
  if (polled[SIGNALS].revents != 0) reap();
  if (polled[LISTENER].revents != 0) welcome(vn_accept(polled[LISTENER].fd));
  for (nfds_t i = polled_count; i-- > CONNECTIONS;) {
    if (polled[i].revents != 0 && !serve(polled[i].fd)) part(i);
  }
}

/* The first packet: an errno, 0 for "ready", and where it was. */
static void report(int failed, const char *what)
{
  int32_t result = failed;
  size_t len = strlen(what);
  memcpy(packet, &result, sizeof result);
  memcpy(packet + sizeof result, what, len);
  vn_send(FIRST, packet, sizeof result + len);
}

int main(int argc, char **argv)
{
  const char *what = "its socket";
  if (argc != 5) {
    fprintf(stderr, "vde_node: started by vdenet only\n");
    return 2;
  }
  const struct vn_node node = { argv[1], argv[2], argv[3], argv[4] };
  prctl(PR_SET_NAME, node.name, 0, 0, 0);
  fcntl(FIRST, F_SETFD, FD_CLOEXEC);
  raise_limit();
  int listener = listen_at(node.socket);
  int signals = watch_children();
  int failed = listener < 0 ? listener : signals < 0 ? signals : vn_node_furnish(&node, &what);
  report(failed, failed < 0 ? what : "");
  if (failed < 0) return 1;
  polled[LISTENER] = (struct pollfd){ .fd = listener, .events = POLLIN };
  polled[SIGNALS] = (struct pollfd){ .fd = signals, .events = POLLIN };
  polled[polled_count++] = (struct pollfd){ .fd = FIRST, .events = POLLIN };
  for (;;) turn();
}
