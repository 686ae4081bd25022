/*
 * Time in nanoseconds of CLOCK_MONOTONIC, and a descriptor that becomes readable at one.
 */
#include "native.h"

#include <sys/timerfd.h>
#include <time.h>

int64_t vn_clock(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int vn_timer_create(void) { return vn_result(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)); }

int vn_timer_set(int fd, int64_t due)
{
  /* A time of 0 would disarm; any past time expires at once. */
  if (due <= 0 && due != VN_NEVER) due = 1;
  struct itimerspec when = { .it_value = { 0, 0 } };
  if (due != VN_NEVER) when.it_value = (struct timespec){ due / 1000000000, due % 1000000000 };
  return vn_result(timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL));
}
