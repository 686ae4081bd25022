/*
 * Users and groups of the system's databases, the log, and error texts. May block on a name service: start-up only.
 */
#define _GNU_SOURCE
#include "native.h"

#include <grp.h>
#include <locale.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define FIRST_ROOM 1024
/* A group of 65 536 members with long names fits; beyond that the database is broken. */
#define MOST_ROOM (16u << 20)

static int look_up_user(const char *name, uint32_t uid, struct passwd *entry, char *buffer, size_t room,
                        struct passwd **found)
{
  return name != NULL ? getpwnam_r(name, entry, buffer, room, found) : getpwuid_r(uid, entry, buffer, room, found);
}

int vn_user(const char *name, uint32_t uid, struct vn_account *out)
{
  struct passwd entry, *found = NULL;
  for (size_t room = FIRST_ROOM; room <= MOST_ROOM; room *= 2) {
    char *buffer = malloc(room);
    if (buffer == NULL) return -ENOMEM;
    int failed = look_up_user(name, uid, &entry, buffer, room, &found);
    if (found != NULL) {
      *out = (struct vn_account){ found->pw_name, found->pw_dir, found->pw_shell, found->pw_uid, found->pw_gid, buffer };
      return 0;
    }
    free(buffer);
    if (failed != ERANGE) return failed == 0 ? -ENOENT : -failed;
  }
  return -ERANGE;
}

static int look_up_group(const char *name, uint32_t gid, struct group *entry, char *buffer, size_t room,
                         struct group **found)
{
  return name != NULL ? getgrnam_r(name, entry, buffer, room, found) : getgrgid_r(gid, entry, buffer, room, found);
}

int vn_group(const char *name, uint32_t *gid, char **text, char **buffer)
{
  struct group entry, *found = NULL;
  for (size_t room = FIRST_ROOM; room <= MOST_ROOM; room *= 2) {
    *buffer = malloc(room);
    if (*buffer == NULL) return -ENOMEM;
    int failed = look_up_group(name, *gid, &entry, *buffer, room, &found);
    if (found != NULL) {
      *gid = found->gr_gid;
      *text = found->gr_name;
      return 0;
    }
    free(*buffer);
    if (failed != ERANGE) return failed == 0 ? -ENOENT : -failed;
  }
  return -ERANGE;
}

int vn_groups_of(const char *name, uint32_t gid, uint32_t **out)
{
  int count = 32;
  for (int tries = 0; tries < 8; tries++) {
    int room = count;
    gid_t *groups = malloc((size_t)room * sizeof *groups);
    if (groups == NULL) return -ENOMEM;
    if (getgrouplist(name, gid, groups, &count) >= 0) {
      *out = groups;
      return count;
    }
    free(groups);
    /* glibc tells the number wanted; another libc may not. */
    if (count <= room) count = room * 2;
  }
  return -ERANGE;
}

/* openlog keeps the pointer, so the text must outlive the call: one of them per process. */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char *log_ident;

int vn_openlog(const char *ident)
{
  char *copy = strdup(ident);
  if (copy == NULL) return -ENOMEM;
  pthread_mutex_lock(&log_lock);
  openlog(copy, LOG_PID, LOG_USER);
  free(log_ident);
  log_ident = copy;
  pthread_mutex_unlock(&log_lock);
  return 0;
}

void vn_syslog(int priority, const char *text)
{
  pthread_mutex_lock(&log_lock);
  syslog(LOG_USER | LOG_PRI(priority), "%s", text);
  pthread_mutex_unlock(&log_lock);
}

void vn_strerror(int number, char *out, size_t room)
{
  /* Not strerror: a locale set by somebody else in the process must not change what the console protocol sends. */
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  if (plain == (locale_t)0) {
    snprintf(out, room, "Unknown error %d", number);
    return;
  }
  snprintf(out, room, "%s", strerror_l(number, plain));
  freelocale(plain);
}
