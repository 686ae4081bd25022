/*
 * AF_PACKET sockets, and requests about interfaces of the namespace a socket belongs to.
 */
#include "binding.h"

static napi_value packet_info(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  char name[VN_IFNAME];
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd)) return NULL;
  int failed = vn_packet_info(fd, name);
  if (failed >= 0 && napi_set_element(env, c.argv[1], 0, vn_string(env, name)) != napi_ok) {
    napi_throw_type_error(env, NULL, "Expected an array for the name");
    return NULL;
  }
  return vn_number(env, failed);
}

static napi_value rtnetlink_at(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  uint8_t *message;
  size_t len;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_bytes(env, c.argv[1], &message, &len)) return NULL;
  return vn_number(env, vn_rtnetlink_at(fd, message, len));
}

static napi_value interface_index_at(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  char name[VN_TEXT];
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_text(env, c.argv[1], name)) return NULL;
  return vn_number(env, vn_interface_index_at(fd, name));
}

/* fd, name, int */
static napi_value at_interface(napi_env env, napi_callback_info info, int (*call)(int fd, const char *name, int value))
{
  struct vn_call c;
  int32_t fd, value;
  char name[VN_TEXT];
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_text(env, c.argv[1], name)) return NULL;
  if (!vn_int(env, c.argv[2], &value)) return NULL;
  return vn_number(env, call(fd, name, value));
}

static napi_value set_interface_speed_at(napi_env env, napi_callback_info info)
{
  return at_interface(env, info, vn_set_interface_speed_at);
}

static napi_value interface_offload(napi_env env, napi_callback_info info)
{
  return at_interface(env, info, vn_interface_offload);
}

static const struct vn_entry entries[] = {
  { "packetOpen", vn_shape_none, { .none = vn_packet_open }, 0 },
  { "packetPrepare", vn_shape_i, { .i = vn_packet_prepare }, 0 },
  { "packetIgnoreOutgoing", vn_shape_i, { .i = vn_packet_ignore_outgoing }, 0 },
  { "packetBind", vn_shape_ii, { .ii = vn_packet_bind }, 0 },
  { "packetPromiscuous", vn_shape_ii, { .ii = vn_packet_promiscuous }, 0 },
  { "packetSkipOwn", vn_shape_ii, { .ii = vn_packet_skip_own }, 0 },
  { "packetInterface", vn_shape_i, { .i = vn_packet_interface }, 0 },
  { "packetState", vn_shape_i, { .i = vn_packet_state }, 0 },
  { "packetInfo", packet_info, { 0 }, 0 },
  { "packetReceive", vn_shape_span, { .span = vn_packet_receive }, 0 },
  { "packetSend", vn_shape_span, { .span = vn_packet_send }, 0 },
  { "rtnetlinkAt", rtnetlink_at, { 0 }, 0 },
  { "interfaceIndexAt", interface_index_at, { 0 }, 0 },
  { "setInterfaceSpeedAt", set_interface_speed_at, { 0 }, 0 },
  { "interfaceOffload", interface_offload, { 0 }, 0 }
};

void vn_bind_packet(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
