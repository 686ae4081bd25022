/*
 * Starts a child, in new namespaces if wanted: what the parent does. A raw clone without CLONE_VM, since unshare and
 * clone with CLONE_NEWUSER are refused in a threaded process that shares memory, while a copy may do it.
 */
#define _GNU_SOURCE
#include "child.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* Others, CLONE_VM first of all, would have the child share what it must own. */
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP)

/* execvp's own when there is no PATH. */
#define DEFAULT_PATH "/bin:/usr/bin"

size_t vn_handed(const struct vn_spawn_spec *spec)
{
  size_t made = spec->tap_count + spec->packet_count;
  return made + (spec->packet_count > 0) + (made > 0);
}

static size_t length_of(char **list)
{
  size_t count = 0;
  while (list[count] != NULL) count++;
  return count;
}

static const char *search_path(char **env)
{
  for (; *env != NULL; env++) {
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  }
  return DEFAULT_PATH;
}

static char *join(const char *directory, size_t len, const char *file)
{
  char *path = malloc(len + strlen(file) + 2);
  if (path == NULL) return NULL;
  memcpy(path, directory, len);
  if (len > 0) path[len++] = '/';
  strcpy(path + len, file);
  return path;
}

/* Where the program may be, in the order of trying. An empty part of PATH is the working directory. */
static char **candidates_of(const struct vn_spawn_spec *spec)
{
  const char *path = strchr(spec->file, '/') != NULL || *spec->file == '\0' ? "" : search_path(spec->env);
  size_t parts = 1;
  for (const char *c = path; *c != '\0'; c++) parts += *c == ':';
  char **list = calloc(parts + 1, sizeof *list);
  if (list == NULL) return NULL;
  for (size_t i = 0; i < parts; i++) {
    size_t len = strcspn(path, ":");
    list[i] = join(path, len, spec->file);
    if (list[i] == NULL) return list; /* memory is short: fewer candidates */
    path += len + 1;
  }
  return list;
}

static char **shell_argv_of(const struct vn_spawn_spec *spec)
{
  static char shell[] = "/bin/sh";
  size_t count = length_of(spec->argv);
  char **argv = calloc(count + 3, sizeof *argv);
  if (argv == NULL) return NULL;
  argv[0] = shell;
  for (size_t i = 1; i < count; i++) argv[i + 1] = spec->argv[i];
  return argv;
}

static void forget(struct vn_plan *plan)
{
  for (char **path = plan->candidates; path != NULL && *path != NULL; path++) free(*path);
  free(plan->candidates);
  free(plan->shell_argv);
  free(plan->moved);
  free(plan->handed);
}

static int prepare(struct vn_plan *plan, const struct vn_spawn_spec *spec)
{
  memset(plan, 0, sizeof *plan);
  plan->spec = spec;
  plan->candidates = candidates_of(spec);
  plan->shell_argv = shell_argv_of(spec);
  plan->moved = calloc(spec->fd_count + 1, sizeof *plan->moved);
  plan->handed = calloc(vn_handed(spec) + 1, sizeof *plan->handed);
  bool root = spec->ids == VN_IDS_ROOT;
  snprintf(plan->uid_map, sizeof plan->uid_map, "%u %u 1", root ? 0 : geteuid(), geteuid());
  snprintf(plan->gid_map, sizeof plan->gid_map, "%u %u 1", root ? 0 : getegid(), getegid());
  bool complete = plan->candidates != NULL && plan->shell_argv != NULL && plan->moved != NULL && plan->handed != NULL;
  return complete ? 0 : -ENOMEM;
}

/* Clones with all signals blocked: a handler of the parent must not run in the copy. */
static int start(struct vn_plan *plan, struct vn_spawned *out)
{
  sigset_t all, before;
  unsigned long flags = (unsigned long)(unsigned)plan->spec->namespaces | CLONE_PIDFD | SIGCHLD;
  if ((plan->spec->namespaces & ~NAMESPACES) != 0) return -EINVAL;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  long pid = syscall(SYS_clone, flags, NULL, &out->pidfd, NULL, NULL);
  int failed = vn_result(pid);
  if (pid == 0) vn_child(plan);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed < 0) return failed;
  out->pid = (int)pid;
  return 0;
}

static void bury_middle(int pidfd)
{
  siginfo_t info;
  while (waitid((idtype_t)P_PIDFD, (id_t)pidfd, &info, WEXITED) < 0 && errno == EINTR);
  close(pidfd);
}

/* The child proper takes the place of the middle one, which ends by itself. */
static int follow(struct vn_spawned *out, const struct vn_report *report, int pidfd)
{
  if (pidfd < 0) return -EMFILE;
  bury_middle(out->pidfd);
  out->pid = report->number;
  out->pidfd = pidfd;
  return 0;
}

/* What the last report, or the end of file of an exec, comes to. */
static int verdict(const struct vn_spawn_spec *spec, const struct vn_report *last, struct vn_spawned *out, size_t handed)
{
  if (last == NULL && spec->hold) return -ESRCH; /* killed before it was ready */
  if (last == NULL || last->say == VN_SAY_READY) {
    /* Descriptors beyond our limit of open files are left out by the kernel. */
    return handed == vn_handed(spec) ? 0 : -EMFILE;
  }
  out->step = (enum vn_step)last->step;
  out->index = last->index;
  return -last->number;
}

/*
 * Reads reports until the exec, READY or a failure. *handed counts the descriptors that came. The middle one of a join and
 * the child proper speak at the same time: the child's word waits until its pidfd is here, else nobody would bury it.
 */
static int attend(const struct vn_spawn_spec *spec, int channel, struct vn_spawned *out, size_t *handed)
{
  struct vn_report report, last = { VN_SAY_FAILED, 0, 0, 0 };
  bool is_known = spec->join < 0, is_said = false;
  while (!is_known || !is_said) {
    int32_t fds[VN_MAX_FDS];
    size_t count = VN_MAX_FDS;
    int got;
    do got = vn_receive_descriptors(channel, (uint8_t *)&report, sizeof report, 0, fds, &count); while (got == -EINTR);
    if (got < 0) return got;
    if (got == 0) break;
    if (report.say == VN_SAY_MOVED) {
      int failed = follow(out, &report, count == 1 ? fds[0] : -1);
      if (failed < 0) return failed;
      is_known = true;
      continue;
    }
    for (size_t i = 0; i < count; i++) out->handed[(*handed)++] = fds[i];
    if (report.say == VN_SAY_HANDED) continue;
    last = report;
    is_said = true;
  }
  return verdict(spec, is_said ? &last : NULL, out, *handed);
}

static void bury(struct vn_spawned *out, size_t handed)
{
  siginfo_t info;
  syscall(SYS_pidfd_send_signal, out->pidfd, SIGKILL, NULL, 0);
  while (waitid((idtype_t)P_PIDFD, (id_t)out->pidfd, &info, WEXITED) < 0 && errno == EINTR);
  close(out->pidfd);
  for (size_t i = 0; i < handed; i++) close(out->handed[i]);
}

int vn_spawn(const struct vn_spawn_spec *spec, struct vn_spawned *out)
{
  struct vn_plan plan;
  int ends[2] = { -1, -1 };
  size_t handed = 0;
  out->pid = out->pidfd = out->hold = -1;
  out->step = VN_CLONE;
  out->index = 0;
  int failed = prepare(&plan, spec);
  if (failed == 0) failed = vn_result(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends));
  if (failed == 0) {
    plan.parent_end = ends[0];
    plan.channel = ends[1];
    failed = start(&plan, out);
    close(ends[1]);
  }
  if (failed == 0) {
    out->step = VN_TAP;
    failed = attend(spec, ends[0], out, &handed);
    if (failed < 0) bury(out, handed);
  }
  forget(&plan);
  if (failed == 0 && spec->hold) out->hold = ends[0];
  else if (ends[0] >= 0) close(ends[0]);
  return failed;
}

int vn_spawn_release(int hold)
{
  struct vn_report report;
  int answer = vn_result(send(hold, "g", 1, MSG_NOSIGNAL));
  if (answer > 0) {
    do answer = vn_result(recv(hold, &report, sizeof report, 0)); while (answer == -EINTR);
    if (answer == (int)sizeof report) answer = -report.number;
  }
  close(hold);
  return answer;
}
