/*
 * Changes of names in directories (inotify): made, removed, moved, and their access set. Not what is written to files,
 * which would wake us for every line of a log beside our socket.
 */
#include "native.h"

#include <string.h>
#include <sys/inotify.h>

#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

int vn_inotify_create(void) { return vn_result(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)); }

int vn_inotify_add(int fd, const char *path, size_t len)
{
  if (strlen(path) != len) return -EINVAL;
  return vn_result(inotify_add_watch(fd, path, NAMES));
}

int vn_inotify_remove(int fd, int watch) { return vn_result(inotify_rm_watch(fd, watch)); }
