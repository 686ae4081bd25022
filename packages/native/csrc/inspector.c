/*
 * Descriptors of strangers are received by a process of their own. A stranger may send a file of a FUSE mount that answers
 * nothing any more: its close blocks for ever and cannot be killed. In a thread of ours that would keep the process from
 * ending, and its listening sockets open, beyond even SIGKILL. So:
 *
 *     caller --connection--> inspector: recvmsg, is it a packet socket, a TAP? (asked so that no file system is)
 *     caller <--it, reply--- inspector
 *     neither: the reply, then the inspector ends, or hangs, with the descriptor; the next caller starts another
 *
 * At most MOST_HANGING are let hang; beyond that nothing is taken from anybody (EBUSY) until one of them ends.
 * The inspector is a copy of one thread of a threaded process: async-signal-safe calls only. It is let go when idle,
 * because it holds on to the memory pages of the time it was made.
 */
#define _GNU_SOURCE
#include "inspector.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* Octets of the virtio_net_hdr in front of each frame. */
#define VN_VNET_HEADER 12
#define MOST_HANGING 16
/* Nothing it does waits for a stranger; the margin is for a loaded machine. */
#define REPLY_MS 2000
/* How long one that was let go may take to end, so as not to be left a zombie. */
#define REST_MS 50

/* ---- the inspector ---- */

/* True when the open file is of /dev/net/tun: only those print an iff: line. */
static bool is_tun(int fd)
{
  char path[] = "/proc/self/fdinfo/\0\0\0\0\0\0\0\0\0\0\0", digits[11], text[1024];
  int count = 0;
  char *end = path + strlen(path);
  do digits[count++] = (char)('0' + fd % 10); while ((fd /= 10) > 0);
  while (count > 0) *end++ = digits[--count];
  int info = open(path, O_RDONLY | O_CLOEXEC);
  if (info < 0) return false;
  ssize_t got = read(info, text, sizeof text - 1);
  close(info);
  if (got <= 0) return false;
  text[got] = '\0';
  return strstr(text, "\niff:") != NULL;
}

/* Flags of the TAP, or -errno. */
static int examine_tap(int fd, char *name)
{
  int flags = is_tun(fd) ? vn_tap_info(fd, name) : -ENOTTY;
  if (flags >= 0 && (flags & IFF_TAP) == 0) return -ENOTTY;
  if (flags < 0 || (flags & IFF_VNET_HDR) == 0) return flags;
  /* Here, because the lock behind this ioctl may be held for long; nobody in the loop shall wait for it. */
  int sized = vn_tap_header_size(fd, VN_VNET_HEADER);
  return sized < 0 ? sized : flags;
}

/* VN_INSPECTED_PACKET, or -errno; -ENOTSOCK: no socket, which the kernel tells without asking the file. */
static int examine_packet(int fd, char *name)
{
  int failed = vn_packet_info(fd, name);
  if (failed >= 0) failed = vn_packet_prepare(fd);
  if (failed >= 0) failed = vn_packet_ignore_outgoing(fd);
  return failed < 0 ? failed : VN_INSPECTED_PACKET;
}

/* Fills the reply. Answers the descriptor received, or -1. */
static int examine(int connection, struct vn_reply *reply)
{
  int32_t fd = -1;
  size_t count = 1;
  int got = vn_receive_descriptors(connection, reply->packet, VN_PACKET, MSG_DONTWAIT | MSG_TRUNC, &fd, &count);
  if (got < 0 || count == 0) {
    reply->length = got < 0 ? 0 : (uint32_t)got;
    reply->result = got < 0 ? got : got == 0 ? -ECONNRESET : -EBADMSG;
    return -1;
  }
  reply->length = (uint32_t)got;
  int flags = examine_packet(fd, reply->name);
  if (flags == -ENOTSOCK) flags = examine_tap(fd, reply->name);
  reply->result = flags < 0 ? flags : 0;
  reply->flags = flags < 0 ? 0 : flags;
  if (flags < 0) memset(reply->name, 0, sizeof reply->name);
  return fd;
}

static _Noreturn void inspect_all(int inherited)
{
  enum { CHANNEL = 0 };
  struct vn_reply reply;
  int32_t connection;
  uint8_t octet;
  prctl(PR_SET_NAME, "vde-inspector", 0, 0, 0);
  if (dup2(inherited, CHANNEL) < 0) _exit(1);
  vn_close_from(CHANNEL + 1);
  for (;;) {
    size_t count = 1;
    if (vn_receive_descriptors(CHANNEL, &octet, 1, 0, &connection, &count) <= 0 || count != 1) _exit(0);
    memset(&reply, 0, sizeof reply);
    int32_t fd = examine(connection, &reply);
    reply.leaving = fd >= 0 && reply.result < 0;
    vn_send_descriptors(CHANNEL, (uint8_t *)&reply, sizeof reply, &fd, reply.result == 0 ? 1 : 0);
    /* The exit closes what came, or hangs in it. */
    if (reply.leaving) _exit(0);
    if (fd >= 0) close(fd);
    close(connection);
  }
}

/* ---- its callers ---- */

/* One for the process, as it must be bounded for the process. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int channel = -1;
static int current = -1; /* pidfd of the inspector behind the channel */
static int hanging[MOST_HANGING];
static int hanging_count;

static bool has_ended(int pidfd)
{
  siginfo_t info = { .si_pid = 0 };
  return waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG | __WALL) < 0 || info.si_pid != 0;
}

static void bury_ended(void)
{
  for (int i = hanging_count - 1; i >= 0; i--) {
    if (!has_ended(hanging[i])) continue;
    close(hanging[i]);
    hanging[i] = hanging[--hanging_count];
  }
}

/* Leaves the inspector to its end. There is room: start_inspector looked. */
static void leave_inspector(void)
{
  syscall(SYS_pidfd_send_signal, current, SIGKILL, NULL, 0);
  close(channel);
  hanging[hanging_count++] = current;
  channel = current = -1;
}

static int start_inspector(void)
{
  int ends[2], pidfd;
  sigset_t all, before;
  bury_ended();
  if (hanging_count == MOST_HANGING) return -EBUSY;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) return -errno;
  /* Signals stay blocked in the copy: keys are not for it. No SIGCHLD at its end: nobody else should hear of it. */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  long pid = syscall(SYS_clone, CLONE_PIDFD, NULL, &pidfd, NULL, NULL);
  int failed = vn_result(pid);
  if (pid == 0) inspect_all(ends[1]);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[1]);
  if (failed < 0) {
    close(ends[0]);
    return failed;
  }
  channel = ends[0];
  current = pidfd;
  return 0;
}

/* One exchange. -EPIPE: the inspector is gone. */
static int exchange(int connection, struct vn_reply *reply)
{
  int32_t fd = connection;
  size_t count = 1;
  uint8_t octet = 0;
  if (vn_send_descriptors(channel, &octet, 1, &fd, 1) < 0) return -EPIPE;
  if (vn_poll(channel, POLLIN, REPLY_MS) <= 0) return -ETIMEDOUT;
  int got = vn_receive_descriptors(channel, (uint8_t *)reply, sizeof *reply, MSG_DONTWAIT, &fd, &count);
  if (got != (int)sizeof *reply) return -EPIPE;
  if (reply->result < 0) return reply->result;
  return count == 1 ? fd : -EMFILE;
}

int vn_inspector_ask(int connection, struct vn_reply *reply)
{
  int answer = -EPIPE;
  memset(reply, 0, sizeof *reply);
  pthread_mutex_lock(&lock);
  /* It may have been killed while idle: then a second one gets the request, which the first never saw. */
  for (int tries = 0; tries < 2 && answer == -EPIPE; tries++) {
    answer = channel < 0 ? start_inspector() : 0;
    if (answer == 0) answer = exchange(connection, reply);
    bool ends = answer == -EPIPE || answer == -ETIMEDOUT || reply->leaving;
    if (ends && channel >= 0) leave_inspector();
  }
  pthread_mutex_unlock(&lock);
  return answer;
}

void vn_inspector_rest(void)
{
  pthread_mutex_lock(&lock);
  if (channel >= 0) leave_inspector();
  for (int i = 0; i < hanging_count; i++) vn_poll(hanging[i], POLLIN, REST_MS);
  bury_ended();
  pthread_mutex_unlock(&lock);
}
