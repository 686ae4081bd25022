/*
 * Joining the namespaces of a node, as their root. Between clone and exec: async-signal-safe calls only.
 *
 * Where one id is mapped the kernel refuses setgroups to everybody (user_namespaces(7)), and so daemons that drop their
 * privileges would not start. A program that joins is told that it has done so: there are no groups to lose.
 */
#define _GNU_SOURCE
#include "child.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#define OUR_ARCH 0 /* none has it: setgroups stays refused */
#endif

static bool may_set_groups(void)
{
  char answer[8] = { 0 };
  int fd = open("/proc/self/setgroups", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return true;
  ssize_t got = read(fd, answer, sizeof answer);
  close(fd);
  return got < 4 || memcmp(answer, "deny", 4) != 0;
}

/* The kernel keeps which calls are always allowed in a bitmap: the others cost nothing more. */
static int pretend_groups(void)
{
  struct sock_filter code[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 0, 3),
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_setgroups, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
  };
  struct sock_fprog program = { sizeof code / sizeof *code, code };
  return vn_result(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0));
}

int vn_join(int pidfd)
{
  return vn_result(setns(pidfd, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS));
}

int vn_settle(void)
{
  if (syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0) return -errno;
  if (may_set_groups()) return 0;
  /* A kernel without seccomp: those daemons say themselves what they miss. */
  int failed = pretend_groups();
  return failed == -EINVAL ? 0 : failed;
}
