/*
 * What a node finds around it: the host's files, with a /proc, /sys, /run and /tmp of its own.
 *
 * Under one mapped id nothing of root's can be written, so where daemons keep their state is private as well. The node's
 * directory (the lab file's) stays, wherever it is, and so does the suite: a clone may well lie in /tmp. Everything here is
 * undone by the end of the mount namespace.
 */
#define _GNU_SOURCE
#include "node.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const private_dirs[] = {
  "/run", "/tmp", "/var/tmp", "/var/log", "/var/lib/misc", "/var/lib/frr", "/var/lib/dhcp",
  "/etc/frr"
};
static const char *const made_dirs[] = { "/run/lock", "/run/.cover" };

#define COUNT(list) (sizeof(list) / sizeof *(list))

static int make_private(void)
{
  return vn_result(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
}

static int mount_proc(void)
{
  return vn_result(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL));
}

/* Shows this node's interfaces. A container may forbid it: then the host's stays. */
static void mount_sys(void)
{
  mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static bool is_below(const char *path, const char *dir)
{
  size_t len = strlen(dir);
  return strncmp(path, dir, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

int vn_node_make_path(const char *path)
{
  char part[4096];
  size_t len = strlen(path);
  if (len >= sizeof part) return -ENAMETOOLONG;
  for (size_t i = 1; i <= len; i++) {
    if (path[i] != '/' && path[i] != '\0') continue;
    memcpy(part, path, i);
    part[i] = '\0';
    if (mkdir(part, 0755) < 0 && errno != EEXIST) return -errno;
  }
  return 0;
}

/* Shows the directory behind `fd` at its former name again. */
static int bring_back(int fd, const char *path)
{
  char source[32];
  struct stat now, former;
  if (fstat(fd, &former) < 0) return -errno;
  if (stat(path, &now) == 0 && now.st_ino == former.st_ino && now.st_dev == former.st_dev) return 0;
  int failed = vn_node_make_path(path);
  if (failed < 0) return failed;
  snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
  return vn_result(mount(source, path, NULL, MS_BIND | MS_REC, NULL));
}

static int mount_private(const char *dir)
{
  struct stat found;
  if (lstat(dir, &found) < 0 || !S_ISDIR(found.st_mode)) return 0;
  const char *mode = strstr(dir, "tmp") != NULL ? "mode=1777" : "mode=0755";
  return vn_result(mount("tmpfs", dir, "tmpfs", MS_NOSUID | MS_NODEV, mode));
}

static bool is_covered(const char *path)
{
  for (size_t i = 0; i < COUNT(private_dirs); i++) {
    if (is_below(path, private_dirs[i])) return true;
  }
  return false;
}

/*
 * Cuts `path` behind the first name below what becomes private: /tmp/clone/node_modules/.bin to /tmp/clone. False: it is
 * not below any of that. Who has commands in /tmp itself does without them: the host's /tmp is not for nodes.
 */
static bool cut_to_top(char *path)
{
  for (size_t i = 0; i < COUNT(private_dirs); i++) {
    char *name = path + strlen(private_dirs[i]);
    if (!is_below(path, private_dirs[i]) || *name == '\0') continue;
    char *end = strchr(name + 1, '/');
    if (end != NULL) *end = '\0';
    return true;
  }
  return false;
}

static int mount_all_private(const char *dir, const char *suite)
{
  char top[4096];
  snprintf(top, sizeof top, "%s", suite);
  bool hides_suite = cut_to_top(top);
  int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int suite_fd = hides_suite ? open(top, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  int failed = 0;
  for (size_t i = 0; i < COUNT(private_dirs) && failed == 0; i++) failed = mount_private(private_dirs[i]);
  if (failed == 0 && suite_fd >= 0) failed = bring_back(suite_fd, top);
  if (failed == 0 && is_covered(dir)) failed = bring_back(fd, dir);
  close(fd);
  if (suite_fd >= 0) close(suite_fd);
  for (size_t i = 0; i < COUNT(made_dirs) && failed == 0; i++) failed = vn_node_make_path(made_dirs[i]);
  return failed;
}

int vn_node_cover(const char *path, const uint8_t *content, size_t len)
{
  char made[] = "/run/.cover/XXXXXX";
  int fd = mkostemp(made, O_CLOEXEC);
  if (fd < 0) return -errno;
  fchmod(fd, 0644);
  int failed = vn_result(write(fd, content, len));
  close(fd);
  if (failed >= 0 && failed != (int)len) failed = -ENOSPC;
  if (failed >= 0) failed = vn_result(mount(made, path, NULL, MS_BIND, NULL));
  unlink(made);
  return failed < 0 ? failed : 0;
}

int vn_node_furnish(const struct vn_node *node, const char **what)
{
  *what = "private mounts";
  int failed = make_private();
  if (failed < 0) return failed;
  *what = "/proc";
  failed = mount_proc();
  if (failed < 0) return failed;
  mount_sys();
  *what = "/run and /tmp";
  failed = mount_all_private(node->dir, node->suite);
  if (failed < 0) return failed;
  *what = "its name";
  if (sethostname(node->name, strlen(node->name)) < 0) return -errno;
  *what = "lo";
  return vn_set_interface_up("lo", 1);
}
