/*
 * The child between clone and exec. It is a copy of one thread of a threaded process, so locks may be held for ever by
 * threads that do not exist here: only async-signal-safe calls, no allocation, no stdio.
 *
 *     signals  maps  taps, packet sockets ---SCM_RIGHTS---> parent   mounts  hostname  capabilities  cwd  group  descriptors
 *     [hold: "ready" ---> parent ---> go]   exec
 *
 * The channel is close-on-exec: its end of file without a report is the parent's proof of the exec.
 */
#define _GNU_SOURCE
#include "child.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Status of a child that never came to its exec; nobody sees it but for a held one. */
#define NOT_STARTED 127

static int write_file(const char *path, const char *text)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int failed = vn_result(write(fd, text, strlen(text)));
  close(fd);
  return failed < 0 ? failed : 0;
}

static bool has(const struct vn_plan *plan, int flag) { return (plan->spec->namespaces & flag) != 0; }

static bool maps(const struct vn_plan *plan) { return has(plan, CLONE_NEWUSER) && plan->spec->ids != VN_IDS_OTHERS; }

static int deny_setgroups(struct vn_plan *plan)
{
  return maps(plan) ? write_file("/proc/self/setgroups", "deny") : 0;
}

static int map_uid(struct vn_plan *plan)
{
  return maps(plan) ? write_file("/proc/self/uid_map", plan->uid_map) : 0;
}

static int map_gid(struct vn_plan *plan)
{
  return maps(plan) ? write_file("/proc/self/gid_map", plan->gid_map) : 0;
}

static int say(const struct vn_plan *plan, struct vn_report report, const int *fds, size_t count)
{
  union { struct cmsghdr head; char room[CMSG_SPACE(VN_MAX_FDS * sizeof(int))]; } control;
  struct iovec span = { &report, sizeof report };
  struct msghdr message = { .msg_iov = &span, .msg_iovlen = 1 };
  if (count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
  }
  return vn_result(sendmsg(plan->channel, &message, MSG_NOSIGNAL));
}

/*
 * Only children are in a joined PID namespace, so this process, the middle one, makes another: a child of its own parent,
 * which hears of both.
 */
static int join(struct vn_plan *plan)
{
  int pidfd = -1;
  if (plan->spec->join < 0) return 0;
  int failed = vn_join(plan->spec->join);
  if (failed < 0) return failed;
  long pid = syscall(SYS_clone, CLONE_PARENT | CLONE_PIDFD | SIGCHLD, NULL, &pidfd, NULL, NULL);
  if (pid < 0) return -errno;
  if (pid == 0) return vn_settle();
  struct vn_report moved = { VN_SAY_MOVED, VN_JOIN, (int32_t)pid, 0 };
  _exit(say(plan, moved, &pidfd, 1) < 0 ? NOT_STARTED : 0);
}

static int make_taps(struct vn_plan *plan)
{
  const struct vn_spawn_spec *spec = plan->spec;
  for (size_t i = 0; i < spec->tap_count; i++) {
    char name[VN_IFNAME];
    plan->step = VN_TUN;
    plan->index = (int)i;
    plan->handed[i] = vn_tun_open(NULL);
    if (plan->handed[i] < 0) return plan->handed[i];
    plan->step = VN_TAP;
    strncpy(name, spec->taps[i], VN_IFNAME - 1);
    name[VN_IFNAME - 1] = '\0';
    int failed = vn_tap_attach(plan->handed[i], name, IFF_TAP | IFF_NO_PI | spec->tap_flags);
    if (failed == 0 && spec->tap_mtu != 0) failed = vn_set_interface_mtu(name, spec->tap_mtu);
    /* For people to see: no reason to fail. */
    if (failed == 0 && i < spec->speed_count && spec->tap_speeds[i] > 0) vn_set_interface_speed(name, spec->tap_speeds[i]);
    if (failed < 0) return failed;
  }
  return 0;
}

static int make_packets(struct vn_plan *plan)
{
  const struct vn_spawn_spec *spec = plan->spec;
  int *out = plan->handed + spec->tap_count;
  if (spec->packet_count == 0) return spec->tap_count == 0 ? 0 : (*out = vn_rtnetlink_open());
  int inside = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (inside < 0 || unshare(CLONE_NEWNET) < 0) return -errno;
  /* Where /proc/sys cannot be written, an interface without addresses has to do. */
  write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
  for (size_t i = 0; i < spec->packet_count; i++) {
    int made = *out++ = vn_packet_open();
    if (made < 0) return made;
  }
  if ((*out++ = vn_rtnetlink_open()) < 0) return out[-1];
  if (setns(inside, CLONE_NEWNET) < 0) return -errno;
  close(inside);
  return *out = vn_rtnetlink_open();
}

static int hand_up(struct vn_plan *plan)
{
  size_t total = vn_handed(plan->spec);
  for (size_t at = 0; at < total; at += VN_MAX_FDS) {
    size_t count = total - at < VN_MAX_FDS ? total - at : VN_MAX_FDS;
    int failed = say(plan, (struct vn_report){ VN_SAY_HANDED, 0, 0, 0 }, plan->handed + at, count);
    if (failed < 0) return failed;
  }
  return 0;
}

static int arrange_mounts(struct vn_plan *plan)
{
  if (!has(plan, CLONE_NEWNS)) return 0;
  /* First of all nothing mounted here may reach the host. */
  if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) return -errno;
  if (plan->spec->resolv_conf == NULL) return 0;
  return vn_result(mount(plan->spec->resolv_conf, "/etc/resolv.conf", "none", MS_BIND, NULL));
}

static int name_host(struct vn_plan *plan)
{
  const char *name = plan->spec->hostname;
  return name == NULL ? 0 : vn_result(sethostname(name, strlen(name)));
}

static int raise_capabilities(struct vn_plan *plan)
{
  struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
  struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
  uint32_t wanted = plan->spec->capabilities;
  /* Root keeps its full set across the exec without ambient capabilities. */
  if (wanted == 0 || geteuid() == 0) return 0;
  memset(sets, 0, sizeof sets);
  sets[0].permitted = sets[0].effective = sets[0].inheritable = wanted;
  if (syscall(SYS_capset, &head, sets) < 0) return -errno;
  for (unsigned long bit = 0; bit < 32; bit++) {
    if ((wanted & (1u << bit)) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, bit, 0, 0) < 0) return -errno;
  }
  return 0;
}

static int change_directory(struct vn_plan *plan)
{
  return plan->spec->cwd == NULL ? 0 : vn_result(chdir(plan->spec->cwd));
}

static int join_group(struct vn_plan *plan)
{
  return plan->spec->pgid < 0 ? 0 : vn_result(setpgid(0, plan->spec->pgid));
}

/*
 * A duplicate of fd that no entry of the table will overwrite: behind the table, or where that is above the limit of open
 * files (one inherited descriptor with a high number is enough) in a gap of it.
 */
static int park(const struct vn_spawn_spec *spec, int fd)
{
  int count = (int)spec->fd_count;
  int found = fcntl(fd, F_DUPFD_CLOEXEC, count);
  if (found >= 0 || (errno != EMFILE && errno != EINVAL)) return vn_result(found);
  for (int from = 0;;) {
    found = fcntl(fd, F_DUPFD_CLOEXEC, from);
    if (found < 0) return -errno;
    if (found >= count || spec->fds[found] == VN_CLOSED) return found;
    close(found);
    from = found + 1;
  }
}

/* A source that is not in its place yet goes out of the way of the others. */
static int park_source(struct vn_plan *plan, int i)
{
  int source = plan->spec->fds[i];
  if (source >= 0) return plan->moved[i] = park(plan->spec, source);
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return -errno;
  plan->moved[i] = park(plan->spec, null);
  close(null);
  return plan->moved[i];
}

/* Puts entry i in its place: a descriptor that is there already only loses its close-on-exec flag. */
static int place(const struct vn_plan *plan, int i)
{
  if (plan->spec->fds[i] == i) return vn_result(fcntl(i, F_SETFD, 0));
  return vn_result(dup2(plan->moved[i], i));
}

/*
 * The table: every source is parked first, for a target may be another's source. The channel ends in a gap of the table
 * or just behind it; all other descriptors are closed.
 */
static int arrange_descriptors(struct vn_plan *plan)
{
  const struct vn_spawn_spec *spec = plan->spec;
  int count = (int)spec->fd_count;
  int failed = park(spec, plan->channel);
  if (failed >= 0) plan->channel = failed; /* else the report goes out by the old one */
  for (int i = 0; i < count && failed >= 0; i++) {
    plan->index = i;
    if (spec->fds[i] != VN_CLOSED && spec->fds[i] != i) failed = park_source(plan, i);
  }
  for (int i = 0; i < count && failed >= 0; i++) {
    plan->index = i;
    if (spec->fds[i] != VN_CLOSED) failed = place(plan, i);
    else if (i != plan->channel) close(i);
  }
  if (failed < 0) return failed;
  if (plan->channel < count) vn_close_from(count);
  else {
    if (plan->channel != count && dup3(plan->channel, count, O_CLOEXEC) < 0) return -errno;
    plan->channel = count;
    vn_close_from(count + 1);
  }
  return 0;
}

/* Node raises the soft limit of open files to the hard one at start and forgets the former; select() users suffer from that. */
static void restore_limits(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur != limit.rlim_max || limit.rlim_max <= 1024) return;
  limit.rlim_cur = 1024; /* what every Linux distribution starts sessions with */
  setrlimit(RLIMIT_NOFILE, &limit);
}

/* All to default, also SIGPIPE and SIGXFSZ that Node ignores; only what the caller chose to ignore stays so. */
static void reset_dispositions(void)
{
  uint64_t keep = vn_ignored_signals();
  struct sigaction action = { .sa_handler = SIG_DFL };
  for (int n = 1; n < NSIG; n++) {
    if ((keep & (1ull << (n - 1))) == 0) sigaction(n, &action, NULL);
  }
}

static void unblock_signals(void)
{
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_up(struct vn_plan *plan)
{
  static const struct { enum vn_step step; int (*run)(struct vn_plan *); } steps[] = {
    { VN_JOIN, join }, { VN_SETGROUPS, deny_setgroups }, { VN_UID_MAP, map_uid }, { VN_GID_MAP, map_gid }, { VN_TAP, make_taps },
    { VN_PACKET, make_packets }, { VN_TAP, hand_up },
    { VN_MOUNT, arrange_mounts }, { VN_HOSTNAME, name_host }, { VN_CAPABILITIES, raise_capabilities },
    { VN_CHDIR, change_directory }, { VN_PGID, join_group }, { VN_FDS, arrange_descriptors }
  };
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    plan->step = steps[i].step;
    plan->index = 0;
    int failed = steps[i].run(plan);
    if (failed < 0) return failed;
  }
  return 0;
}

/* EACCES of a file that is there, and not of a directory in PATH that may not be searched: shells call that "not found". */
static bool is_refusal(const struct vn_plan *plan, const char *path)
{
  struct stat found;
  return strchr(plan->spec->file, '/') != NULL || stat(path, &found) == 0;
}

/* Tries the candidates as execvp does. Comes back only with the error. */
static int run_program(struct vn_plan *plan)
{
  int refused = 0;
  for (char **path = plan->candidates; *path != NULL; path++) {
    execve(*path, plan->spec->argv, plan->spec->env);
    if (errno == ENOEXEC) {
      plan->shell_argv[1] = *path;
      execve(plan->shell_argv[0], plan->shell_argv, plan->spec->env);
    }
    if (errno == EACCES) refused |= is_refusal(plan, *path);
    else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV && errno != ETIMEDOUT) return -errno;
  }
  return refused ? -EACCES : -ENOENT;
}

static _Noreturn void give_up(const struct vn_plan *plan, int failed)
{
  say(plan, (struct vn_report){ VN_SAY_FAILED, plan->step, -failed, plan->index }, NULL, 0);
  _exit(NOT_STARTED);
}

void vn_child(struct vn_plan *plan)
{
  char go;
  close(plan->parent_end);
  reset_dispositions();
  int failed = set_up(plan);
  if (failed < 0) give_up(plan, failed);
  restore_limits();
  unblock_signals();
  if (plan->spec->hold) {
    say(plan, (struct vn_report){ VN_SAY_READY, 0, 0, 0 }, NULL, 0);
    ssize_t got;
    do got = read(plan->channel, &go, 1); while (got < 0 && errno == EINTR);
    if (got != 1) _exit(NOT_STARTED);
  }
  plan->step = VN_EXEC;
  plan->index = 0;
  give_up(plan, run_program(plan));
}
