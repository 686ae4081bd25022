/*
 * Processes, signals and the little facts about oneself.
 */
#define _GNU_SOURCE
#include "native.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

int vn_pidfd_wait(int pidfd)
{
  siginfo_t info;
  memset(&info, 0, sizeof info);
  if (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG) < 0) return -errno;
  if (info.si_pid == 0) return -EAGAIN;
  return info.si_code == CLD_EXITED ? (info.si_status & 0xff) << 8 : info.si_status;
}

int vn_pidfd_signal(int pidfd, int signal)
{
  return vn_result(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int vn_pidfd_open(int pid) { return vn_result(syscall(SYS_pidfd_open, pid, 0)); }

int vn_setpgid(int pid, int pgid) { return vn_result(setpgid(pid, pgid)); }

int vn_getpgid(int pid) { return vn_result(getpgid(pid)); }

int vn_getsid(int pid) { return vn_result(getsid(pid)); }

int vn_kill(int pid, int signal) { return vn_result(kill(pid, signal)); }

int vn_raise_default(int signal)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t one;
  /* SIGKILL and SIGSTOP have nothing to reset. */
  if (signal != SIGKILL && signal != SIGSTOP && sigaction(signal, &action, NULL) < 0) return -errno;
  sigemptyset(&one);
  sigaddset(&one, signal);
  pthread_sigmask(SIG_UNBLOCK, &one, NULL);
  return vn_result(kill(getpid(), signal));
}

/* Dispositions belong to the process, so this does too: the child of spawn.c keeps these and resets all others. */
static _Atomic uint64_t ignored;

int vn_ignore_signal(int signal)
{
  struct sigaction action = { .sa_handler = SIG_IGN };
  if (sigaction(signal, &action, NULL) < 0) return -errno;
  atomic_fetch_or(&ignored, 1ull << (signal - 1));
  return 0;
}

uint64_t vn_ignored_signals(void) { return atomic_load(&ignored); }

int vn_set_process_name(const char *name) { return vn_result(prctl(PR_SET_NAME, name, 0, 0, 0)); }

int vn_setsid(void) { return vn_result(setsid()); }

/* From the background this would stop the caller, were the signal not blocked. */
int vn_terminal_group(int fd, int pgrp)
{
  sigset_t one, before;
  sigemptyset(&one);
  sigaddset(&one, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &one, &before);
  int failed = vn_result(tcsetpgrp(fd, pgrp));
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return failed;
}

int vn_umask(int mask) { return (int)umask((mode_t)mask); }
