/*
 * What the kernel's timers can do: timerfd-loop RATE SECONDS arms a timer for each of RATE times a second and prints how
 * late it woke up, as one line of JSON in ms.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
  int64_t rate = argc > 1 ? atoll(argv[1]) : 1000, total = rate * (argc > 2 ? atoll(argv[2]) : 1);
  int64_t *late = malloc((size_t)total * sizeof *late), start = now() + 50000000, expired;
  int fd = timerfd_create(CLOCK_MONOTONIC, 0);
  for (int64_t i = 0; i < total; i++) {
    int64_t due = start + i * 1000000000 / rate;
    struct itimerspec when = { .it_value = { due / 1000000000, due % 1000000000 } };
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &when, NULL);
    if (read(fd, &expired, sizeof expired) < 0) return 1;
    late[i] = now() - due;
  }
  qsort(late, (size_t)total, sizeof *late, ascending);
  printf("{\"median\":%f,\"p99\":%f}\n", late[total / 2] / 1e6, late[total * 99 / 100] / 1e6);
  return 0;
}
