/*
 * The epoll set as one libuv handle. libuv watches the set's own descriptor; when something in it is ready the pairs are
 * collected without waiting and JavaScript is called once.
 */
#include "binding.h"

#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

/* A set of one environment. Freed when libuv has let go of the handle, or the environment ends: whichever is later. */
struct vn_epoll {
  uv_poll_t poll; /* first: the handle is the structure */
  napi_env env;
  int epfd;
  bool ended;       /* the set was stopped */
  napi_ref on_ready, events;
  napi_async_cleanup_hook_handle hook;
};

static void on_wake(uv_poll_t *handle, int status, int what)
{
  struct vn_epoll *set = (struct vn_epoll *)handle;
  napi_handle_scope scope;
  napi_value array, function;
  int32_t *pairs;
  size_t room;
  (void)status;
  (void)what;
  if (set->ended || napi_open_handle_scope(set->env, &scope) != napi_ok) return;
  napi_get_reference_value(set->env, set->events, &array);
  napi_get_reference_value(set->env, set->on_ready, &function);
  if (vn_ints(set->env, array, &pairs, &room)) {
    int count = vn_epoll_collect(set->epfd, pairs, room / 2);
    napi_value argument = vn_number(set->env, count);
    if (count > 0) vn_call_back(set->env, function, 1, &argument);
  }
  napi_close_handle_scope(set->env, scope);
}

static void on_closed(uv_handle_t *handle)
{
  struct vn_epoll *set = (struct vn_epoll *)handle;
  close(set->epfd);
  napi_remove_async_cleanup_hook(set->hook);
  free(set);
}

static void end(struct vn_epoll *set)
{
  if (set->ended) return;
  set->ended = true;
  uv_poll_stop(&set->poll);
  uv_close((uv_handle_t *)&set->poll, on_closed);
}

/* The environment waits for this hook to be removed, and runs its loop meanwhile, so the handle is closed in time. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data)
{
  (void)hook;
  end(data);
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
  int failed = set->epfd < 0 ? set->epfd : uv_poll_init(loop, &set->poll, set->epfd);
  if (failed < 0) {
    if (set->epfd >= 0) close(set->epfd);
    free(set);
    return failed;
  }
  uv_poll_start(&set->poll, UV_READABLE, on_wake);
  uv_unref((uv_handle_t *)&set->poll);
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
  if (on) uv_ref((uv_handle_t *)&state->epoll->poll);
  else uv_unref((uv_handle_t *)&state->epoll->poll);
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
