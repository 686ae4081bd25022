/*
 * Answers of the helper threads, brought to the loop. The channel outlives its environment while jobs hold it, so a
 * thread that comes back late finds it closed instead of gone.
 */
#include "binding.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct vn_channel {
  pthread_mutex_t lock;
  int holders;             /* the environment, and each job under way */
  int pending;             /* answers JavaScript waits for; of the loop's thread only */
  bool closed;
  struct vn_inspection *done;
  uv_async_t *async;       /* freed by its close */
  napi_env env;
  napi_async_cleanup_hook_handle hook;
};

/* What an inspection carries for the way back. */
struct errand {
  struct vn_channel *channel;
  napi_ref packet, callback;
};

static void let_go(struct vn_channel *channel)
{
  pthread_mutex_lock(&channel->lock);
  bool last = --channel->holders == 0;
  pthread_mutex_unlock(&channel->lock);
  if (!last) return;
  pthread_mutex_destroy(&channel->lock);
  free(channel);
}

static void free_inspection(struct vn_inspection *inspection)
{
  free(inspection->owner);
  free(inspection->packet);
  free(inspection);
}

/* On the helper thread. */
static void on_done(struct vn_inspection *inspection)
{
  struct errand *errand = inspection->owner;
  struct vn_channel *channel = errand->channel;
  pthread_mutex_lock(&channel->lock);
  bool late = channel->closed;
  if (!late) {
    inspection->next = channel->done;
    channel->done = inspection;
    uv_async_send(channel->async);
  }
  pthread_mutex_unlock(&channel->lock);
  if (late) {
    if (inspection->result >= 0) vn_close(inspection->result);
    free_inspection(inspection);
  }
  let_go(channel);
}

static void deliver(napi_env env, struct vn_inspection *in)
{
  struct errand *errand = in->owner;
  napi_handle_scope scope;
  napi_value packet, callback;
  uint8_t *data;
  size_t room;
  napi_open_handle_scope(env, &scope);
  napi_get_reference_value(env, errand->packet, &packet);
  napi_get_reference_value(env, errand->callback, &callback);
  napi_delete_reference(env, errand->packet);
  napi_delete_reference(env, errand->callback);
  /* Asked again: the array may have been detached meanwhile. */
  if (vn_bytes(env, packet, &data, &room)) {
    size_t len = in->length < in->room ? in->length : in->room;
    if (len > 0) memcpy(data, in->packet, len < room ? len : room);
  }
  napi_value argv[] = {
    vn_number(env, in->result), vn_number(env, in->flags), vn_string(env, in->name), vn_number(env, (int64_t)in->length)
  };
  free_inspection(in);
  vn_call_back(env, callback, 4, argv);
  napi_close_handle_scope(env, scope);
}

static void on_wake(uv_async_t *async)
{
  struct vn_channel *channel = async->data;
  pthread_mutex_lock(&channel->lock);
  struct vn_inspection *newest = channel->done, *oldest = NULL;
  channel->done = NULL;
  pthread_mutex_unlock(&channel->lock);
  while (newest != NULL) {
    struct vn_inspection *next = newest->next;
    newest->next = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != NULL) {
    struct vn_inspection *next = oldest->next;
    if (--channel->pending == 0) uv_unref((uv_handle_t *)channel->async);
    deliver(channel->env, oldest);
    oldest = next;
  }
}

static void on_closed(uv_handle_t *handle)
{
  struct vn_channel *channel = handle->data;
  napi_remove_async_cleanup_hook(channel->hook);
  free(handle);
  let_go(channel);
}

static void on_cleanup(napi_async_cleanup_hook_handle hook, void *data)
{
  struct vn_channel *channel = data;
  (void)hook;
  pthread_mutex_lock(&channel->lock);
  channel->closed = true;
  struct vn_inspection *left = channel->done;
  channel->done = NULL;
  pthread_mutex_unlock(&channel->lock);
  while (left != NULL) {
    struct vn_inspection *next = left->next;
    if (left->result >= 0) vn_close_elsewhere(left->result);
    free_inspection(left);
    left = next;
  }
  uv_close((uv_handle_t *)channel->async, on_closed);
}

static int open_channel(napi_env env, struct vn_channel **out)
{
  uv_loop_t *loop;
  struct vn_channel *channel = calloc(1, sizeof *channel);
  uv_async_t *async = malloc(sizeof *async);
  if (channel == NULL || async == NULL || napi_get_uv_event_loop(env, &loop) != napi_ok ||
      uv_async_init(loop, async, on_wake) < 0) {
    free(channel);
    free(async);
    return -ENOMEM;
  }
  async->data = channel;
  uv_unref((uv_handle_t *)async);
  pthread_mutex_init(&channel->lock, NULL);
  channel->holders = 1;
  channel->async = async;
  channel->env = env;
  napi_add_async_cleanup_hook(env, on_cleanup, channel, &channel->hook);
  *out = channel;
  return 0;
}

/* Everything an inspection needs, or NULL. The connection is duplicated: the caller may close its own meanwhile. */
static struct vn_inspection *prepare(struct vn_channel *channel, int connection, size_t room)
{
  struct vn_inspection *in = calloc(1, sizeof *in);
  struct errand *errand = calloc(1, sizeof *errand);
  uint8_t *packet = malloc(room > 0 ? room : 1);
  if (in == NULL || errand == NULL || packet == NULL) {
    free(in);
    free(errand);
    free(packet);
    return NULL;
  }
  errand->channel = channel;
  *in = (struct vn_inspection){ .connection = connection, .packet = packet, .room = room, .done = on_done, .owner = errand };
  return in;
}

static int begin(napi_env env, struct vn_channel *channel, int connection, size_t room, const napi_value *argv)
{
  struct vn_inspection *in = prepare(channel, connection, room);
  if (in == NULL) return -ENOMEM;
  struct errand *errand = in->owner;
  napi_create_reference(env, argv[1], 1, &errand->packet);
  napi_create_reference(env, argv[2], 1, &errand->callback);
  pthread_mutex_lock(&channel->lock);
  channel->holders++;
  pthread_mutex_unlock(&channel->lock);
  int failed = vn_inspect(in);
  if (failed < 0) {
    napi_delete_reference(env, errand->packet);
    napi_delete_reference(env, errand->callback);
    free_inspection(in);
    let_go(channel);
    return failed;
  }
  if (channel->pending++ == 0) uv_ref((uv_handle_t *)channel->async);
  return 0;
}

static napi_value inspect_descriptor(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  uint8_t *data;
  size_t room;
  struct vn_env *state = vn_env_of(env);
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_bytes(env, c.argv[1], &data, &room)) return NULL;
  if (!vn_is(env, c.argv[2], napi_function)) {
    napi_throw_type_error(env, NULL, "Expected a function");
    return NULL;
  }
  if (state->channel == NULL) {
    int failed = open_channel(env, &state->channel);
    if (failed < 0) return vn_number(env, failed);
  }
  int connection = vn_duplicate(fd, 0);
  if (connection < 0) return vn_number(env, connection);
  int failed = begin(env, state->channel, connection, room, c.argv);
  if (failed < 0) vn_close(connection);
  return vn_number(env, failed);
}

static const struct vn_entry entries[] = {
  { "inspectDescriptor", inspect_descriptor, { 0 }, 0 },
  { "closeElsewhere", vn_shape_i, { .i = vn_close_elsewhere }, 0 }
};

void vn_bind_inspect(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
