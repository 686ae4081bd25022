/*
 * Who sent a signal, and an end without afterthoughts: two things Node does not offer.
 */
#define _GNU_SOURCE
#include "native.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

/* libuv's handlers, which ours call, and si_code of the last signal of each number. */
static struct sigaction chained[NSIG];
static _Atomic int codes[NSIG];

static void note(int signal, siginfo_t *info, void *context)
{
  atomic_store(&codes[signal], info->si_code);
  if ((chained[signal].sa_flags & SA_SIGINFO) != 0) chained[signal].sa_sigaction(signal, info, context);
  else chained[signal].sa_handler(signal);
}

int vn_note_origin(int signal)
{
  struct sigaction action;
  if (signal < 1 || signal >= NSIG) return -EINVAL;
  if (sigaction(signal, NULL, &action) < 0) return -errno;
  if ((action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == note) return 0;
  if ((action.sa_flags & SA_SIGINFO) == 0 && (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)) return -EINVAL;
  chained[signal] = action;
  action.sa_sigaction = note;
  action.sa_flags |= SA_SIGINFO;
  return vn_result(sigaction(signal, &action, NULL));
}

/* Codes above 0 are the kernel's: a key, the end of a terminal. */
int vn_is_from_kernel(int signal)
{
  return signal >= 1 && signal < NSIG && atomic_load(&codes[signal]) > 0;
}

int vn_exit_now(int status) { _exit(status); }
