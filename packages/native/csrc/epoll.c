/*
 * The ready set. Level-triggered: what a watcher leaves comes again at the next collection.
 */
#include "native.h"

#include <sys/epoll.h>

/* Most events of one collection; the kernel rotates its ready list, so a smaller number is still fair. */
#define MOST 256

int vn_epoll_create(void) { return vn_result(epoll_create1(EPOLL_CLOEXEC)); }

int vn_epoll_control(int epfd, int op, int fd, uint32_t mask)
{
  struct epoll_event event = { .events = mask, .data.fd = fd };
  return vn_result(epoll_ctl(epfd, op, fd, &event));
}

int vn_epoll_collect(int epfd, int32_t *pairs, size_t most, int timeout_ms)
{
  struct epoll_event events[MOST];
  int count = epoll_wait(epfd, events, most < MOST ? (int)most : MOST, timeout_ms);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    pairs[i * 2] = events[i].data.fd;
    pairs[i * 2 + 1] = (int32_t)events[i].events;
  }
  return count;
}
