/*
 * Descriptors: reading, writing, flags.
 */
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int vn_close(int fd)
{
  /* EINTR: Linux has closed it all the same; a second try could close a stranger's. */
  return close(fd) < 0 && errno != EINTR ? -errno : 0;
}

void vn_close_from(int first)
{
  struct rlimit limit;
  if (syscall(SYS_close_range, first, ~0u, 0) == 0) return;
  /* Only where a sandbox hides close_range. */
  int end = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
  for (int fd = first; fd < end; fd++) close(fd);
}

int vn_read(int fd, uint8_t *buf, size_t len)
{
  ssize_t got;
  do got = read(fd, buf, len); while (got < 0 && errno == EINTR);
  return vn_result(got);
}

int vn_write(int fd, uint8_t *buf, size_t len)
{
  ssize_t put;
  do put = write(fd, buf, len); while (put < 0 && errno == EINTR);
  return vn_result(put);
}

int vn_read_nowait(int fd, uint8_t *buf, size_t len)
{
  struct iovec span = { buf, len };
  return vn_result(preadv2(fd, &span, 1, -1, RWF_NOWAIT));
}

int vn_write_nowait(int fd, uint8_t *buf, size_t len)
{
  struct iovec span = { buf, len };
  return vn_result(pwritev2(fd, &span, 1, -1, RWF_NOWAIT));
}

int vn_write_vector(int fd, uint8_t *buf, size_t room, const int32_t *spans, size_t count)
{
  struct iovec vector[IOV_MAX];
  /* More than the kernel takes at once is a short write, which the caller handles anyway. */
  if (count > IOV_MAX) count = IOV_MAX;
  for (size_t i = 0; i < count; i++) {
    int32_t at = spans[i * 2], len = spans[i * 2 + 1];
    if (at < 0 || len < 0 || (size_t)at + (size_t)len > room) return -EINVAL;
    vector[i] = (struct iovec){ buf + at, (size_t)len };
  }
  ssize_t put;
  do put = writev(fd, vector, (int)count); while (put < 0 && errno == EINTR);
  return vn_result(put);
}

int vn_pipe(int nonblock, int32_t *out)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | (nonblock ? O_NONBLOCK : 0)) < 0) return -errno;
  out[0] = ends[0];
  out[1] = ends[1];
  return 0;
}

int vn_eventfd(int initial) { return vn_result(eventfd((unsigned)initial, EFD_CLOEXEC | EFD_NONBLOCK)); }

int vn_duplicate(int fd, int min) { return vn_result(fcntl(fd, F_DUPFD_CLOEXEC, min)); }

int vn_set_nonblock(int fd, int on)
{
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return -errno;
  return vn_result(fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

int vn_set_cloexec(int fd, int on) { return vn_result(fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0)); }

int vn_file_type(int fd)
{
  struct stat found;
  if (fstat(fd, &found) < 0) return -errno;
  return (int)(found.st_mode & S_IFMT);
}

int vn_is_tty(int fd) { return isatty(fd); }

static int64_t now_ms(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int vn_poll(int fd, int mask, int timeout_ms)
{
  struct pollfd one = { fd, (short)mask, 0 };
  int64_t end = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
  for (;;) {
    int ready = poll(&one, 1, timeout_ms);
    if (ready > 0) return (unsigned short)one.revents;
    if (ready == 0) return 0;
    if (errno != EINTR) return -errno;
    if (timeout_ms < 0) continue;
    int64_t left = end - now_ms();
    timeout_ms = left < 0 ? 0 : (int)left;
  }
}
