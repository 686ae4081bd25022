/*
 * libslirp, which JavaScript holds as objects: who forgets one frees it. Frames pass through two arrays that are given once.
 */
#include "binding.h"

#include <stdlib.h>
#include <string.h>

/* A stack, and what of JavaScript it writes to. */
struct holder {
  struct vn_slirp *stack;
  napi_ref slab, spans;
};

static void release(napi_env env, void *data, void *hint)
{
  struct holder *holder = data;
  (void)hint;
  if (holder->stack != NULL) vn_slirp_close(holder->stack);
  if (holder->slab != NULL) napi_delete_reference(env, holder->slab);
  if (holder->spans != NULL) napi_delete_reference(env, holder->spans);
  free(holder);
}

static napi_value refuse(napi_env env, const char *text)
{
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, NULL, text);
  return NULL;
}

static struct vn_slirp *stack_of(napi_env env, napi_value value)
{
  void *found = NULL;
  if (vn_is(env, value, napi_external)) napi_get_value_external(env, value, &found);
  if (found != NULL && ((struct holder *)found)->stack != NULL) return ((struct holder *)found)->stack;
  refuse(env, "Expected an open stack");
  return NULL;
}

static void free_texts(const char **texts)
{
  for (size_t i = 0; texts != NULL && texts[i] != NULL; i++) free((void *)texts[i]);
  free(texts);
}

/* A list of texts, NULL at the end; NULL: an exception is pending. */
static const char **copy_texts(napi_env env, napi_value list)
{
  uint32_t count = 0;
  char text[VN_TEXT];
  if (napi_get_array_length(env, list, &count) != napi_ok || count < VN_SLIRP_TEXTS || count > 1024) return NULL;
  const char **texts = calloc((size_t)count + 1, sizeof *texts);
  for (uint32_t i = 0; texts != NULL && i < count; i++) {
    napi_value item = NULL;
    napi_get_element(env, list, i, &item);
    texts[i] = vn_text(env, item, text) ? strdup(text) : NULL;
    if (texts[i] != NULL) continue;
    free_texts(texts);
    return NULL;
  }
  return texts;
}

/* addresses, numbers, texts, slab, spans. */
static napi_value slirp_open(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp_settings settings = { 0 };
  uint8_t *addresses;
  int32_t *numbers;
  size_t octets, count;
  napi_value made = NULL;
  if (!vn_open(env, info, &c)) return NULL;
  int failed = vn_slirp_load();
  if (failed < 0) return vn_number(env, failed);
  if (!vn_bytes(env, c.argv[0], &addresses, &octets) || !vn_ints(env, c.argv[1], &numbers, &count)) return NULL;
  if (!vn_bytes(env, c.argv[3], &settings.slab, &settings.slab_room)) return NULL;
  if (!vn_ints(env, c.argv[4], &settings.spans, &settings.span_room)) return NULL;
  if (octets < VN_SLIRP_ADDRESSES || count < VN_SLIRP_NUMBERS || settings.span_room < 4) return refuse(env, "Array is too short");
  settings.texts = copy_texts(env, c.argv[2]);
  if (settings.texts == NULL) return refuse(env, "Expected an array of strings");
  settings.addresses = addresses;
  settings.numbers = numbers;
  struct holder *holder = calloc(1, sizeof *holder);
  failed = holder == NULL ? -ENOMEM : vn_slirp_open(&settings, &holder->stack);
  free_texts(settings.texts);
  if (failed < 0) {
    free(holder);
    return vn_number(env, failed);
  }
  napi_create_reference(env, c.argv[3], 1, &holder->slab);
  napi_create_reference(env, c.argv[4], 1, &holder->spans);
  if (napi_create_external(env, holder, release, NULL, &made) != napi_ok) release(env, holder, NULL);
  return made;
}

static napi_value slirp_close(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  void *found = NULL;
  if (!vn_open(env, info, &c)) return NULL;
  if (stack_of(env, c.argv[0]) == NULL || napi_get_value_external(env, c.argv[0], &found) != napi_ok) return NULL;
  vn_slirp_close(((struct holder *)found)->stack);
  ((struct holder *)found)->stack = NULL;
  return NULL;
}

static napi_value slirp_version(napi_env env, napi_callback_info info)
{
  (void)info;
  return vn_string(env, vn_slirp_load() < 0 ? "" : vn_slirp_version());
}

static napi_value slirp_descriptor(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp *stack;
  if (!vn_open(env, info, &c) || (stack = stack_of(env, c.argv[0])) == NULL) return NULL;
  return vn_number(env, vn_slirp_descriptor(stack));
}

static napi_value slirp_turn(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp *stack;
  if (!vn_open(env, info, &c) || (stack = stack_of(env, c.argv[0])) == NULL) return NULL;
  vn_slirp_turn(stack);
  return NULL;
}

/* stack, buf, off, len. */
static napi_value slirp_input(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp *stack;
  uint8_t *at;
  size_t len;
  if (!vn_open(env, info, &c) || (stack = stack_of(env, c.argv[0])) == NULL) return NULL;
  if (!vn_span(env, c.argv + 1, &at, &len)) return NULL;
  vn_slirp_input(stack, at, len);
  return NULL;
}

static bool read_address(napi_env env, napi_value value, size_t least, uint8_t **at)
{
  size_t len;
  if (!vn_bytes(env, value, at, &len)) return false;
  if (len >= least) return true;
  refuse(env, "Array is too short");
  return false;
}

/* stack, udp, host, guest; without a guest: no longer. */
static napi_value slirp_forward(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp *stack;
  int32_t udp;
  uint8_t *host, *guest;
  if (!vn_open(env, info, &c) || (stack = stack_of(env, c.argv[0])) == NULL || !vn_int(env, c.argv[1], &udp)) return NULL;
  if (!read_address(env, c.argv[2], VN_ADDRESS, &host)) return NULL;
  if (vn_is(env, c.argv[3], napi_null)) return vn_number(env, vn_slirp_unforward(stack, udp, host));
  if (!read_address(env, c.argv[3], VN_ADDRESS, &guest)) return NULL;
  return vn_number(env, vn_slirp_forward(stack, udp, host, guest));
}

/* stack, isCommand, address, port, target; without a target: no longer. */
static napi_value slirp_guest_forward(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp *stack;
  int32_t is_command, port;
  uint8_t *address;
  char target[VN_TEXT];
  if (!vn_open(env, info, &c) || (stack = stack_of(env, c.argv[0])) == NULL || !vn_int(env, c.argv[1], &is_command)) return NULL;
  if (!read_address(env, c.argv[2], 4, &address) || !vn_int(env, c.argv[3], &port)) return NULL;
  if (vn_is(env, c.argv[4], napi_null)) return vn_number(env, vn_slirp_guest_unforward(stack, address, port));
  if (!vn_text(env, c.argv[4], target)) return NULL;
  return vn_number(env, vn_slirp_guest_forward(stack, is_command, address, port, target));
}

static napi_value slirp_connections(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_slirp *stack;
  if (!vn_open(env, info, &c) || (stack = stack_of(env, c.argv[0])) == NULL) return NULL;
  char *text = vn_slirp_connections(stack);
  napi_value made = vn_string(env, text == NULL ? "" : text);
  free(text);
  return made;
}

static const struct vn_entry entries[] = {
  { "slirpOpen", slirp_open, { 0 }, 0 },
  { "slirpClose", slirp_close, { 0 }, 0 },
  { "slirpVersion", slirp_version, { 0 }, 0 },
  { "slirpDescriptor", slirp_descriptor, { 0 }, 0 },
  { "slirpTurn", slirp_turn, { 0 }, 0 },
  { "slirpInput", slirp_input, { 0 }, 0 },
  { "slirpForward", slirp_forward, { 0 }, 0 },
  { "slirpGuestForward", slirp_guest_forward, { 0 }, 0 },
  { "slirpConnections", slirp_connections, { 0 }, 0 }
};

void vn_bind_slirp(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
