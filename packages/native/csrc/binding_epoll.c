/*
 * The epoll set, and libuv in it: where libuv would sleep, this set is waited for, of which libuv's own descriptor is a
 * member. A frame takes one system call to wake the process, and JavaScript is called from there.
 *
 *     libuv: timers --> prepare: { wait for the set --> collect --> onReady } --> poll, 0 ms --> check (immediates) --> ...
 *                                ^__________________________________|  until libuv has something to do
 *
 * libuv has something to do when its descriptor is ready, when a timer is due, or when it would not sleep (immediates,
 * handles that are closed or new): then the round ends, and libuv polls without sleeping, since an idle handle is active
 * outside of the round. With the set as a uv_poll handle of libuv instead, a wake-up was four system calls and the way
 * through uv__io_poll twice: pings every millisecond over ptp:// took 0.072 to 0.080 ms, now 0.050 to 0.053.
 */
#include "binding.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <uv.h>

/* A set of one environment. Freed when libuv has let go of the handles, or the environment ends: whichever is later. */
struct vn_epoll {
  uv_prepare_t prepare;
  uv_idle_t idle;
  napi_env env;
  int epfd;
  int backend;      /* libuv's descriptor */
  int handles;      /* that are not closed yet */
  bool ended;       /* the set was stopped */
  napi_ref on_ready, events;
  napi_async_cleanup_hook_handle hook;
};

/* Takes libuv's descriptor out of what was collected. */
static bool take_backend(int backend, int32_t *pairs, int *count)
{
  for (int i = 0; i < *count; i++) {
    if (pairs[i * 2] != backend) continue;
    int last = --*count;
    pairs[i * 2] = pairs[last * 2];
    pairs[i * 2 + 1] = pairs[last * 2 + 1];
    return true;
  }
  return false;
}

/* Waits as long as libuv would, calls JavaScript with what is ready. True: libuv has something to do. */
static bool turn(struct vn_epoll *set, int timeout_ms)
{
  napi_handle_scope scope;
  napi_value array, function;
  int32_t *pairs;
  size_t room;
  bool yields = true;
  if (napi_open_handle_scope(set->env, &scope) != napi_ok) return true;
  napi_get_reference_value(set->env, set->events, &array);
  if (vn_ints(set->env, array, &pairs, &room)) {
    int count = vn_epoll_collect(set->epfd, pairs, room / 2, timeout_ms);
    yields = take_backend(set->backend, pairs, &count);
    /* Timers set from here count from now. */
    uv_update_time(set->prepare.loop);
    napi_value argument = vn_number(set->env, count);
    napi_get_reference_value(set->env, set->on_ready, &function);
    if (count > 0) vn_call_back(set->env, function, 1, &argument);
  }
  napi_close_handle_scope(set->env, scope);
  return yields;
}

static void on_idle(uv_idle_t *handle) { (void)handle; }

static void on_prepare(uv_prepare_t *handle)
{
  struct vn_epoll *set = handle->data;
  uv_idle_stop(&set->idle);
  int timeout_ms;
  bool yields;
  do {
    timeout_ms = uv_backend_timeout(handle->loop);
    yields = turn(set, timeout_ms);
  } while (!yields && !set->ended && timeout_ms != 0 && uv_backend_timeout(handle->loop) != 0);
  if (!set->ended) uv_idle_start(&set->idle, on_idle);
}

static void on_closed(uv_handle_t *handle)
{
  struct vn_epoll *set = handle->data;
  if (--set->handles > 0) return;
  close(set->epfd);
  napi_remove_async_cleanup_hook(set->hook);
  free(set);
}

static void end(struct vn_epoll *set)
{
  if (set->ended) return;
  set->ended = true;
  uv_close((uv_handle_t *)&set->prepare, on_closed);
  uv_close((uv_handle_t *)&set->idle, on_closed);
}

/* The environment waits for this hook to be removed, and runs its loop meanwhile, so the handle is closed in time. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data)
{
  (void)hook;
  end(data);
}

/* Neither handle keeps the process alive by itself. */
static void start_handles(struct vn_epoll *set, uv_loop_t *loop)
{
  uv_prepare_init(loop, &set->prepare);
  uv_idle_init(loop, &set->idle);
  set->handles = 2;
  set->prepare.data = set->idle.data = set;
  uv_prepare_start(&set->prepare, on_prepare);
  uv_unref((uv_handle_t *)&set->prepare);
  uv_unref((uv_handle_t *)&set->idle);
}

static int open_set(napi_env env, struct vn_epoll **out)
{
  uv_loop_t *loop;
  struct vn_epoll *set = calloc(1, sizeof *set);
  if (set == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok) {
    free(set);
    return -ENOMEM;
  }
  set->env = env;
  set->epfd = vn_epoll_create();
  set->backend = uv_backend_fd(loop);
  int failed = set->epfd < 0 ? set->epfd : vn_epoll_control(set->epfd, EPOLL_CTL_ADD, set->backend, EPOLLIN);
  if (failed < 0) {
    if (set->epfd >= 0) close(set->epfd);
    free(set);
    return failed;
  }
  start_handles(set, loop);
  napi_add_async_cleanup_hook(env, on_cleanup, set, &set->hook);
  *out = set;
  return 0;
}

static napi_value epoll_start(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t *pairs;
  size_t room;
  struct vn_env *state = vn_env_of(env);
  if (!vn_open(env, info, &c) || !vn_ints(env, c.argv[0], &pairs, &room)) return NULL;
  if (!vn_is(env, c.argv[1], napi_function) || room < 2) {
    napi_throw_type_error(env, NULL, "Expected an Int32Array with room for a pair, and a function");
    return NULL;
  }
  if (state->epoll != NULL) return vn_number(env, -EBUSY);
  int failed = open_set(env, &state->epoll);
  if (failed < 0) return vn_number(env, failed);
  napi_create_reference(env, c.argv[0], 1, &state->epoll->events);
  napi_create_reference(env, c.argv[1], 1, &state->epoll->on_ready);
  return vn_number(env, 0);
}

static napi_value epoll_stop(napi_env env, napi_callback_info info)
{
  struct vn_env *state = vn_env_of(env);
  (void)info;
  if (state->epoll != NULL) {
    napi_delete_reference(env, state->epoll->events);
    napi_delete_reference(env, state->epoll->on_ready);
    end(state->epoll);
    state->epoll = NULL;
  }
  return vn_undefined(env);
}

static napi_value epoll_control(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t op, fd;
  uint32_t mask;
  struct vn_env *state = vn_env_of(env);
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &op) || !vn_int(env, c.argv[1], &fd)) return NULL;
  if (!vn_uint(env, c.argv[2], &mask)) return NULL;
  return vn_number(env, state->epoll == NULL ? -EBADF : vn_epoll_control(state->epoll->epfd, op, fd, mask));
}

static napi_value epoll_keep_alive(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t on;
  struct vn_env *state = vn_env_of(env);
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &on)) return NULL;
  if (state->epoll == NULL) return vn_undefined(env);
  if (on) uv_ref((uv_handle_t *)&state->epoll->prepare);
  else uv_unref((uv_handle_t *)&state->epoll->prepare);
  return vn_undefined(env);
}

static const struct vn_entry entries[] = {
  { "epollStart", epoll_start, { 0 }, 0 },
  { "epollControl", epoll_control, { 0 }, 0 },
  { "epollKeepAlive", epoll_keep_alive, { 0 }, 0 },
  { "epollStop", epoll_stop, { 0 }, 0 }
};

void vn_bind_epoll(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
