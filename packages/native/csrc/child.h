/*
 * What spawn.c prepares for the child, and what the child tells back. Internal to spawn.c and child.c.
 */
#ifndef VN_CHILD_H
#define VN_CHILD_H

#include "native.h"

/* Everything the child touches exists before the clone: after it, nothing may allocate or take a lock. */
struct vn_plan {
  const struct vn_spawn_spec *spec;
  char **candidates;   /* paths to try, NULL at the end */
  char **shell_argv;   /* /bin/sh, (candidate), argv[1]...: for a script without #! */
  int *moved;          /* room for fd_count */
  int *handed;         /* room for vn_handed */
  char uid_map[32], gid_map[32];
  int channel;         /* the child's end */
  int parent_end;      /* closed first in the child */
  enum vn_step step;   /* the step being run */
  int index;
};

/* One packet on the channel, from the child. Descriptors ride on VN_SAY_HANDED. */
/* VN_SAY_MOVED: from the middle one of a join, `number` is the pid of the child proper and its pidfd comes along. */
enum vn_say { VN_SAY_HANDED, VN_SAY_READY, VN_SAY_FAILED, VN_SAY_MOVED };

struct vn_report {
  int32_t say, step, number, index;
};

/* join.c: 0 or -errno; only children are in the PID namespace then. Such a child becomes root there by vn_settle. */
int vn_join(int pidfd);
int vn_settle(void);
_Noreturn void vn_child(struct vn_plan *plan);

#endif
