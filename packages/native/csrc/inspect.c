/*
 * Helper threads: they wait for the packet of a stranger, have it looked at by the inspector, and close TAPs, whose last
 * close takes some 19 ms. What could block them for good never enters this process (inspector.c).
 *
 * Threads are detached, with all signals blocked, and end when idle. The shared object is linked with -z nodelete,
 * because an idle one may outlive the environment that started it.
 */
#define _GNU_SOURCE
#include "inspector.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PACKET_MS 2000
#define IDLE_SEC 3
#define THREADS 8
#define STACK (128 * 1024)

struct job {
  struct job *next;
  struct vn_inspection *inspection; /* or NULL: close fd */
  int fd;
};

/* One for the process, whatever the number of environments. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static struct job *head, **tail;
static int waiting, idle, threads;

/* With the lock held. NULL: nothing came for IDLE_SEC. */
static struct job *take(void)
{
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += IDLE_SEC;
  while (head == NULL) {
    idle++;
    int failed = pthread_cond_timedwait(&wake, &lock, &end);
    idle--;
    if (failed != 0 && head == NULL) return NULL;
  }
  struct job *job = head;
  head = job->next;
  waiting--;
  return job;
}

static void inspect(struct vn_inspection *in)
{
  struct vn_reply reply = { .length = 0 };
  int ready = vn_poll(in->connection, POLLIN, PACKET_MS);
  in->result = ready < 0 ? ready : ready == 0 ? -ETIMEDOUT : vn_inspector_ask(in->connection, &reply);
  in->flags = reply.flags;
  in->length = reply.length;
  memcpy(in->name, reply.name, VN_IFNAME);
  size_t len = in->length < in->room ? in->length : in->room;
  memcpy(in->packet, reply.packet, len < VN_PACKET ? len : VN_PACKET);
  close(in->connection);
  in->done(in);
}

static void *serve(void *argument)
{
  struct job *job;
  pthread_mutex_lock(&lock);
  while ((job = take()) != NULL) {
    pthread_mutex_unlock(&lock);
    if (job->inspection != NULL) inspect(job->inspection);
    else close(job->fd);
    free(job);
    pthread_mutex_lock(&lock);
  }
  bool last = --threads == 0;
  pthread_mutex_unlock(&lock);
  if (last) vn_inspector_rest();
  return argument;
}

static int start_thread(void)
{
  pthread_attr_t attributes;
  pthread_t thread;
  sigset_t all, before;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, STACK);
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&thread, &attributes, serve, NULL);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  if (failed == 0) threads++;
  return -failed;
}

static int submit(struct vn_inspection *inspection, int fd)
{
  int failed = 0;
  struct job *job = malloc(sizeof *job);
  if (job == NULL) return -ENOMEM;
  *job = (struct job){ NULL, inspection, fd };
  pthread_mutex_lock(&lock);
  if (idle <= waiting && threads < THREADS) failed = start_thread();
  /* No new thread is no failure while others will come to it. */
  if (failed < 0 && threads > 0) failed = 0;
  if (failed == 0) {
    if (head == NULL) tail = &head;
    *tail = job;
    tail = &job->next;
    waiting++;
    pthread_cond_signal(&wake);
  }
  pthread_mutex_unlock(&lock);
  if (failed < 0) free(job);
  return failed;
}

int vn_inspect(struct vn_inspection *inspection) { return submit(inspection, -1); }

int vn_close_elsewhere(int fd) { return fd < 0 ? -EBADF : submit(NULL, fd); }
