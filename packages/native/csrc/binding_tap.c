/*
 * TAP devices and interfaces.
 */
#include "binding.h"

#include <string.h>

/* array[0] = name */
static bool put_name(napi_env env, napi_value array, const char *name)
{
  if (napi_set_element(env, array, 0, vn_string(env, name)) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "Expected an array for the name");
  return false;
}

static napi_value tap_open(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char wish[VN_TEXT], device[VN_TEXT], name[VN_IFNAME];
  int32_t flags;
  bool listed = false;
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], wish) || !vn_int(env, c.argv[1], &flags)) return NULL;
  if (napi_is_array(env, c.argv[2], &listed) != napi_ok || !listed) {
    napi_throw_type_error(env, NULL, "Expected an array for the name");
    return NULL;
  }
  bool elsewhere = !vn_is(env, c.argv[3], napi_undefined);
  if (elsewhere && !vn_text(env, c.argv[3], device)) return NULL;
  /* The kernel would cut the name and make another interface than the one asked for. */
  if (strlen(wish) >= VN_IFNAME) return vn_number(env, -ENAMETOOLONG);
  strcpy(name, wish);
  int fd = vn_tap_open(elsewhere ? device : NULL, name, flags);
  if (fd >= 0 && !put_name(env, c.argv[2], name)) {
    vn_close(fd);
    return NULL;
  }
  return vn_number(env, fd);
}

static napi_value tap_info(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  char name[VN_IFNAME];
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd)) return NULL;
  int flags = vn_tap_info(fd, name);
  if (flags >= 0 && !put_name(env, c.argv[1], name)) return NULL;
  return vn_number(env, flags);
}

static napi_value rtnetlink(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  uint8_t *message;
  size_t len;
  if (!vn_open(env, info, &c) || !vn_bytes(env, c.argv[0], &message, &len)) return NULL;
  return vn_number(env, vn_rtnetlink(message, len));
}

static const struct vn_entry entries[] = {
  { "tapOpen", tap_open, { 0 }, 0 },
  { "tapPersist", vn_shape_ii, { .ii = vn_tap_persist }, 0 },
  { "tapOwner", vn_shape_iu, { .iu = vn_tap_owner }, 0 },
  { "tapGroup", vn_shape_iu, { .iu = vn_tap_group }, 0 },
  { "tapOffload", vn_shape_ii, { .ii = vn_tap_offload }, 0 },
  { "tapHeaderSize", vn_shape_ii, { .ii = vn_tap_header_size }, 0 },
  { "tapInfo", tap_info, { 0 }, 0 },
  { "tapCarrier", vn_shape_ii, { .ii = vn_tap_carrier }, 0 },
  { "interfaceMtu", vn_shape_name, { .name = vn_interface_mtu }, 0 },
  { "setInterfaceMtu", vn_shape_name_i, { .name_i = vn_set_interface_mtu }, 0 },
  { "interfaceSpeed", vn_shape_name, { .name = vn_interface_speed }, 0 },
  { "setInterfaceSpeed", vn_shape_name_i, { .name_i = vn_set_interface_speed }, 0 },
  { "setInterfaceUp", vn_shape_name_i, { .name_i = vn_set_interface_up }, 0 },
  { "interfaceIndex", vn_shape_name, { .name = vn_interface_index }, 0 },
  { "rtnetlink", rtnetlink, { 0 }, 0 }
};

void vn_bind_tap(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
