/*
 * The module, the conversion of arguments, and the shapes.
 */
#include "binding.h"

#include <stdlib.h>
#include <string.h>

static bool fail(napi_env env, const char *text)
{
  napi_throw_type_error(env, NULL, text);
  return false;
}

bool vn_open(napi_env env, napi_callback_info info, struct vn_call *call)
{
  size_t argc = sizeof call->argv / sizeof *call->argv;
  void *data = NULL;
  call->env = env;
  if (napi_get_cb_info(env, info, &argc, call->argv, NULL, &data) != napi_ok) return false;
  call->entry = data;
  return true;
}

bool vn_is(napi_env env, napi_value value, napi_valuetype type)
{
  napi_valuetype found;
  return napi_typeof(env, value, &found) == napi_ok && found == type;
}

bool vn_int(napi_env env, napi_value value, int32_t *out)
{
  bool flag;
  if (napi_get_value_int32(env, value, out) == napi_ok) return true;
  if (napi_get_value_bool(env, value, &flag) != napi_ok) return fail(env, "Expected a number");
  *out = flag;
  return true;
}

bool vn_uint(napi_env env, napi_value value, uint32_t *out)
{
  return napi_get_value_uint32(env, value, out) == napi_ok || fail(env, "Expected a number");
}

static bool array_of(napi_env env, napi_value value, napi_typedarray_type type, void **data, size_t *count)
{
  napi_typedarray_type found;
  if (napi_get_typedarray_info(env, value, &found, count, data, NULL, NULL) != napi_ok) return false;
  return found == type;
}

bool vn_bytes(napi_env env, napi_value value, uint8_t **data, size_t *len)
{
  return array_of(env, value, napi_uint8_array, (void **)data, len) || fail(env, "Expected a Uint8Array");
}

bool vn_ints(napi_env env, napi_value value, int32_t **data, size_t *count)
{
  return array_of(env, value, napi_int32_array, (void **)data, count) || fail(env, "Expected an Int32Array");
}

bool vn_doubles(napi_env env, napi_value value, double **data, size_t *count)
{
  return array_of(env, value, napi_float64_array, (void **)data, count) || fail(env, "Expected a Float64Array");
}

bool vn_uints(napi_env env, napi_value value, uint32_t **data, size_t *count)
{
  return array_of(env, value, napi_uint32_array, (void **)data, count) || fail(env, "Expected a Uint32Array");
}

bool vn_span(napi_env env, const napi_value *argv, uint8_t **at, size_t *len)
{
  uint8_t *data;
  size_t room;
  int32_t off, wanted;
  if (!vn_bytes(env, argv[0], &data, &room) || !vn_int(env, argv[1], &off) || !vn_int(env, argv[2], &wanted)) return false;
  if (off < 0 || wanted < 0 || (size_t)off + (size_t)wanted > room) {
    napi_throw_range_error(env, NULL, "Span lies outside of the buffer");
    return false;
  }
  *at = data + off;
  *len = (size_t)wanted;
  return true;
}

bool vn_octets(napi_env env, napi_value value, char *out, size_t *len)
{
  if (napi_get_value_string_utf8(env, value, NULL, 0, len) != napi_ok) return fail(env, "Expected a string");
  if (*len >= VN_TEXT) {
    napi_throw_range_error(env, NULL, "Text is longer than 4095 octets");
    return false;
  }
  return napi_get_value_string_utf8(env, value, out, VN_TEXT, len) == napi_ok;
}

bool vn_text(napi_env env, napi_value value, char *out)
{
  size_t len;
  if (!vn_octets(env, value, out, &len)) return false;
  return memchr(out, '\0', len) == NULL || fail(env, "Text has a NUL inside");
}

napi_value vn_number(napi_env env, int64_t value)
{
  napi_value made = NULL;
  /* int32 first: it becomes a small integer without allocation, which the data path counts on. */
  if (value == (int32_t)value) napi_create_int32(env, (int32_t)value, &made);
  else napi_create_int64(env, value, &made);
  return made;
}

napi_value vn_string(napi_env env, const char *text)
{
  napi_value made = NULL;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &made);
  return made;
}

napi_value vn_undefined(napi_env env)
{
  napi_value made = NULL;
  napi_get_undefined(env, &made);
  return made;
}

void vn_put(napi_env env, napi_value object, const char *key, napi_value value)
{
  napi_set_named_property(env, object, key, value);
}

napi_value vn_shape_none(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  return vn_open(env, info, &c) ? vn_number(env, c.entry->run.none()) : NULL;
}

napi_value vn_shape_i(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t a;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &a)) return NULL;
  return vn_number(env, c.entry->run.i(a));
}

napi_value vn_shape_ii(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t a, b;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &a) || !vn_int(env, c.argv[1], &b)) return NULL;
  return vn_number(env, c.entry->run.ii(a, b));
}

napi_value vn_shape_iii(napi_env env, napi_callback_info info)
{
  struct vn_call v;
  int32_t a, b, c;
  if (!vn_open(env, info, &v)) return NULL;
  if (!vn_int(env, v.argv[0], &a) || !vn_int(env, v.argv[1], &b) || !vn_int(env, v.argv[2], &c)) return NULL;
  return vn_number(env, v.entry->run.iii(a, b, c));
}

napi_value vn_shape_iu(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t a;
  uint32_t b;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &a) || !vn_uint(env, c.argv[1], &b)) return NULL;
  return vn_number(env, c.entry->run.iu(a, b));
}

napi_value vn_shape_span(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  uint8_t *at;
  size_t len;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_span(env, c.argv + 1, &at, &len)) return NULL;
  return vn_number(env, c.entry->run.span(fd, at, len));
}

napi_value vn_shape_text(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  char text[VN_TEXT];
  size_t len;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_octets(env, c.argv[1], text, &len)) return NULL;
  return vn_number(env, c.entry->run.text(fd, text, len));
}

napi_value vn_shape_out(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t a, *out;
  size_t room;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &a) || !vn_ints(env, c.argv[1], &out, &room)) return NULL;
  if (room < c.entry->room) {
    napi_throw_range_error(env, NULL, "Array for the answer is too short");
    return NULL;
  }
  return vn_number(env, c.entry->run.out(a, out));
}

napi_value vn_shape_name(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char text[VN_TEXT];
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], text)) return NULL;
  return vn_number(env, c.entry->run.name(text));
}

napi_value vn_shape_name_i(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char text[VN_TEXT];
  int32_t a;
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], text) || !vn_int(env, c.argv[1], &a)) return NULL;
  return vn_number(env, c.entry->run.name_i(text, a));
}

void vn_define(napi_env env, napi_value exports, const struct vn_entry *entries, size_t count)
{
  for (size_t i = 0; i < count; i++) {
    napi_value function = NULL;
    napi_create_function(env, entries[i].name, NAPI_AUTO_LENGTH, entries[i].call, (void *)&entries[i], &function);
    vn_put(env, exports, entries[i].name, function);
  }
}
