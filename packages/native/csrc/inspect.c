/*
 * Descriptors of strangers, on helper threads. A stranger may hand over anything; fstat, ioctl and close of a file on a
 * dead FUSE mount block for ever, and the last close of a TAP takes some 19 ms.
 *
 *     work      receives packets, checks by /proc/self/fdinfo (which asks no file system) and only then by ioctl, and
 *               closes TAPs. It cannot be blocked by a stranger for longer than PACKET_MS.
 *     disposal  closes everything else. It may be blocked for good; then its queue grows to DISPOSAL_LIMIT and no more
 *               descriptors are taken from anybody.
 *
 * Threads are detached, with all signals blocked, and end when idle. The shared object is linked with -z nodelete,
 * because an idle one may outlive the environment that started it.
 */
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MS 2000
#define IDLE_SEC 5
#define DISPOSAL_LIMIT 16
#define STACK (128 * 1024)

struct job {
  struct job *next;
  struct vn_inspection *inspection; /* or NULL: close fd */
  int fd;
};

struct pool {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  void (*run)(struct job *);
  struct job *head, **tail;
  int waiting, idle, threads, most;
};

static void work(struct job *job);
static void dispose(struct job *job);

/* One of each for the process, whatever the number of environments: a wedged thread wedges the process's descriptors. */
static struct pool workers = {
  .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .run = work, .most = 8
};
static struct pool disposers = {
  .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .run = dispose, .most = 4
};

/* With the lock held. NULL: nothing came for IDLE_SEC. */
static struct job *take(struct pool *pool)
{
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += IDLE_SEC;
  while (pool->head == NULL) {
    pool->idle++;
    int failed = pthread_cond_timedwait(&pool->wake, &pool->lock, &end);
    pool->idle--;
    if (failed != 0 && pool->head == NULL) return NULL;
  }
  struct job *job = pool->head;
  pool->head = job->next;
  pool->waiting--;
  return job;
}

static void *serve(void *argument)
{
  struct pool *pool = argument;
  struct job *job;
  pthread_mutex_lock(&pool->lock);
  while ((job = take(pool)) != NULL) {
    pthread_mutex_unlock(&pool->lock);
    pool->run(job);
    free(job);
    pthread_mutex_lock(&pool->lock);
  }
  pool->threads--;
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

static int start_thread(struct pool *pool)
{
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, &attributes, serve, pool);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (failed == 0) pool->threads++;
  return -failed;
}

static int submit(struct pool *pool, struct vn_inspection *inspection, int fd)
{
  int failed = 0;
  struct job *job = malloc(sizeof *job);
  if (job == NULL) return -ENOMEM;
  *job = (struct job){ NULL, inspection, fd };
  pthread_mutex_lock(&pool->lock);
  if (pool->idle <= pool->waiting && pool->threads < pool->most) failed = start_thread(pool);
  /* No new thread is no failure while others will come to it. */
  if (failed < 0 && pool->threads > 0) failed = 0;
  if (failed == 0) {
    if (pool->head == NULL) pool->tail = &pool->head;
    *pool->tail = job;
    pool->tail = &job->next;
    pool->waiting++;
    pthread_cond_signal(&pool->wake);
  }
  pthread_mutex_unlock(&pool->lock);
  if (failed < 0) free(job);
  return failed;
}

static void dispose(struct job *job) { close(job->fd); }

/* True when the open file is of /dev/net/tun: only those print an iff: line. Reading it blocks on no file system. */
static bool is_tun(int fd)
{
  char path[40], text[1024];
  snprintf(path, sizeof path, "/proc/self/fdinfo/%d", fd);
  int info = open(path, O_RDONLY | O_CLOEXEC);
  if (info < 0) return false;
  ssize_t got = read(info, text, sizeof text - 1);
  close(info);
  if (got <= 0) return false;
  text[got] = '\0';
  return strstr(text, "\niff:") != NULL;
}

static void discard(int fd)
{
  if (is_tun(fd)) close(fd);
  else submit(&disposers, NULL, fd);
}

static bool disposal_blocked(void)
{
  pthread_mutex_lock(&disposers.lock);
  bool blocked = disposers.waiting >= DISPOSAL_LIMIT;
  pthread_mutex_unlock(&disposers.lock);
  return blocked;
}

/* Receives the packet. Answers its descriptor. */
static int receive_one(struct vn_inspection *inspection)
{
  struct vn_inspection *in = inspection;
  int32_t fd;
  size_t count = 1;
  int ready = vn_poll(in->connection, POLLIN, PACKET_MS);
  if (ready < 0) return ready;
  if (ready == 0) return -ETIMEDOUT;
  /* Before taking: what cannot be closed again must not come in. */
  if (disposal_blocked()) return -EBUSY;
  int got = vn_receive_descriptors(in->connection, in->packet, in->room, MSG_DONTWAIT | MSG_TRUNC, &fd, &count);
  if (got < 0) return got;
  in->length = (size_t)got;
  if (count == 1) return fd;
  return got == 0 ? -ECONNRESET : -EBADMSG;
}

static int inspect(struct vn_inspection *in)
{
  int fd = receive_one(in);
  if (fd < 0) return fd;
  int flags = is_tun(fd) ? vn_tap_info(fd, in->name) : -ENOTTY;
  if (flags >= 0 && (flags & IFF_TAP) == 0) flags = -ENOTTY;
  if (flags < 0) {
    in->name[0] = '\0';
    discard(fd);
    return flags;
  }
  in->flags = flags;
  return fd;
}

static void work(struct job *job)
{
  struct vn_inspection *in = job->inspection;
  if (in == NULL) {
    discard(job->fd);
    return;
  }
  in->result = inspect(in);
  close(in->connection);
  in->done(in);
}

int vn_inspect(struct vn_inspection *inspection) { return submit(&workers, inspection, -1); }

int vn_close_elsewhere(int fd) { return fd < 0 ? -EBADF : submit(&workers, NULL, fd); }
