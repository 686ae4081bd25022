/*
 * Descriptors and sockets.
 */
#include "binding.h"

static napi_value make_pipe(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t *out, nonblock;
  size_t room;
  if (!vn_open(env, info, &c) || !vn_ints(env, c.argv[0], &out, &room) || !vn_int(env, c.argv[1], &nonblock)) return NULL;
  if (room < 2) {
    napi_throw_range_error(env, NULL, "Array for the answer is too short");
    return NULL;
  }
  return vn_number(env, vn_pipe(nonblock, out));
}

static napi_value is_tty(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  napi_value answer = NULL;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd)) return NULL;
  napi_get_boolean(env, vn_is_tty(fd) == 1, &answer);
  return answer;
}

static napi_value peer_groups(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  uint32_t *out;
  size_t room;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_uints(env, c.argv[1], &out, &room)) return NULL;
  return vn_number(env, vn_peer_groups(fd, out, room));
}

static const struct vn_entry entries[] = {
  { "close", vn_shape_i, { .i = vn_close }, 0 },
  { "pipe", make_pipe, { 0 }, 0 },
  { "eventfd", vn_shape_i, { .i = vn_eventfd }, 0 },
  { "duplicate", vn_shape_ii, { .ii = vn_duplicate }, 0 },
  { "setNonblock", vn_shape_ii, { .ii = vn_set_nonblock }, 0 },
  { "setCloexec", vn_shape_ii, { .ii = vn_set_cloexec }, 0 },
  { "fileType", vn_shape_i, { .i = vn_file_type }, 0 },
  { "isTty", is_tty, { 0 }, 0 },
  { "serialRaw", vn_shape_ii, { .ii = vn_serial_raw }, 0 },
  { "poll", vn_shape_iii, { .iii = vn_poll }, 0 },
  { "inotifyCreate", vn_shape_none, { .none = vn_inotify_create }, 0 },
  { "inotifyAdd", vn_shape_text, { .text = vn_inotify_add }, 0 },
  { "inotifyRemove", vn_shape_ii, { .ii = vn_inotify_remove }, 0 },
  { "unixSocket", vn_shape_i, { .i = vn_unix_socket }, 0 },
  { "socketPair", vn_shape_out, { .out = vn_socket_pair }, 2 },
  { "bindUnix", vn_shape_text, { .text = vn_bind_unix }, 0 },
  { "connectUnix", vn_shape_text, { .text = vn_connect_unix }, 0 },
  { "connectAddress", vn_shape_span, { .span = vn_connect_address }, 0 },
  { "listen", vn_shape_ii, { .ii = vn_listen }, 0 },
  { "accept", vn_shape_i, { .i = vn_accept }, 0 },
  { "shutdown", vn_shape_ii, { .ii = vn_shutdown }, 0 },
  { "peerCredentials", vn_shape_out, { .out = vn_peer_credentials }, 3 },
  { "peerGroups", peer_groups, { 0 }, 0 },
  { "setBuffers", vn_shape_iii, { .iii = vn_set_buffers }, 0 },
  { "disconnect", vn_shape_i, { .i = vn_disconnect }, 0 },
  { "socketError", vn_shape_i, { .i = vn_socket_error }, 0 },
  { "refuseDescriptors", vn_shape_i, { .i = vn_refuse_descriptors }, 0 },
  { "socketType", vn_shape_i, { .i = vn_socket_type }, 0 }
};

void vn_bind_io(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
