/*
 * spawn: the specification object becomes a struct vn_spawn_spec, all of it copied before the clone.
 */
#include "binding.h"

#include <stdlib.h>
#include <string.h>

/* Most descriptors of a child's table. A number so high is no use to anybody, and the table is walked. */
#define MOST_FDS 65536
/* Most packet sockets; more than a process may have open is no use. */
#define MOST_PACKETS 4096

static const char *const step_names[] = {
  "clone", "setgroups", "uid_map", "gid_map", "tun", "tap", "packet", "capabilities", "mount", "hostname", "chdir",
  "pgid", "fds", "exec", "join"
};

static bool refuse(napi_env env, const char *text)
{
  bool pending = false;
  napi_is_exception_pending(env, &pending);
  if (!pending) napi_throw_type_error(env, NULL, text);
  return false;
}

/* A property; *absent when undefined. */
static napi_value property(napi_env env, napi_value object, const char *key, bool *absent)
{
  napi_value found = NULL;
  *absent = napi_get_named_property(env, object, key, &found) != napi_ok || vn_is(env, found, napi_undefined);
  return found;
}

/* A fresh copy, NULL with an exception pending when it is no text or has a NUL inside. Lengths are the kernel's matter. */
static char *copy_text(napi_env env, napi_value value)
{
  size_t len;
  if (napi_get_value_string_utf8(env, value, NULL, 0, &len) != napi_ok) {
    refuse(env, "Expected a string");
    return NULL;
  }
  char *text = malloc(len + 1);
  if (text == NULL || napi_get_value_string_utf8(env, value, text, len + 1, &len) != napi_ok || strlen(text) != len) {
    refuse(env, "Text has a NUL inside");
    free(text);
    return NULL;
  }
  return text;
}

static bool text_property(napi_env env, napi_value object, const char *key, const char **out)
{
  bool absent;
  napi_value found = property(env, object, key, &absent);
  *out = absent ? NULL : copy_text(env, found);
  return absent || *out != NULL;
}

static bool int_property(napi_env env, napi_value object, const char *key, int32_t fallback, int32_t *out)
{
  bool absent;
  napi_value found = property(env, object, key, &absent);
  *out = fallback;
  return absent || vn_int(env, found, out);
}

static bool uint_property(napi_env env, napi_value object, const char *key, uint32_t *out)
{
  bool absent;
  napi_value found = property(env, object, key, &absent);
  *out = 0;
  return absent || vn_uint(env, found, out);
}

/* A list of texts, NULL at the end. */
static bool list_property(napi_env env, napi_value object, const char *key, char ***out, size_t *count)
{
  bool absent;
  uint32_t length = 0;
  napi_value list = property(env, object, key, &absent);
  if (!absent && napi_get_array_length(env, list, &length) != napi_ok) return refuse(env, "Expected an array of strings");
  *out = calloc((size_t)length + 1, sizeof **out);
  if (*out == NULL) return refuse(env, "Out of memory");
  for (*count = 0; *count < length; ++*count) {
    napi_value item = NULL;
    napi_get_element(env, list, (uint32_t)*count, &item);
    (*out)[*count] = copy_text(env, item);
    if ((*out)[*count] == NULL) return false;
  }
  return true;
}

/* A list of numbers; absent: empty, or refused. */
static bool ints_property(
  napi_env env, napi_value object, const char *key, bool may_lack, const int32_t **list_out, size_t *count)
{
  bool absent;
  uint32_t length = 0;
  int32_t **out = (int32_t **)list_out;
  napi_value list = property(env, object, key, &absent);
  if (absent ? !may_lack : napi_get_array_length(env, list, &length) != napi_ok) {
    return refuse(env, "Expected an array of numbers");
  }
  if (length > MOST_FDS) return refuse(env, "Too many numbers");
  *out = calloc((size_t)length + 1, sizeof **out);
  if (*out == NULL) return refuse(env, "Out of memory");
  for (*count = 0; *count < length; ++*count) {
    napi_value item = NULL;
    napi_get_element(env, list, (uint32_t)*count, &item);
    if (!vn_int(env, item, *out + *count)) return false;
  }
  return true;
}

static bool read_spec(napi_env env, napi_value object, struct vn_spawn_spec *spec)
{
  int32_t hold, packets, ids;
  size_t ignored;
  if (!text_property(env, object, "file", &spec->file) || !list_property(env, object, "argv", &spec->argv, &ignored) ||
      !list_property(env, object, "env", &spec->env, &ignored) ||
      !ints_property(env, object, "fds", false, &spec->fds, &spec->fd_count) ||
      !text_property(env, object, "cwd", &spec->cwd) || !int_property(env, object, "pgid", -1, &spec->pgid) ||
      !int_property(env, object, "namespaces", 0, &spec->namespaces) ||
      !uint_property(env, object, "capabilities", &spec->capabilities) ||
      !text_property(env, object, "hostname", &spec->hostname) ||
      !text_property(env, object, "resolvConf", &spec->resolv_conf) ||
      !list_property(env, object, "taps", &spec->taps, &spec->tap_count) ||
      !int_property(env, object, "tapFlags", 0, &spec->tap_flags) ||
      !int_property(env, object, "tapMtu", 0, &spec->tap_mtu) ||
      !ints_property(env, object, "tapSpeeds", true, &spec->tap_speeds, &spec->speed_count) ||
      !int_property(env, object, "packets", 0, &packets) ||
      !int_property(env, object, "hold", 0, &hold) || !int_property(env, object, "ids", VN_IDS_OWN, &ids) ||
      !int_property(env, object, "join", -1, &spec->join)) {
    return false;
  }
  if (packets < 0 || packets > MOST_PACKETS) return refuse(env, "Too many packet sockets");
  spec->packet_count = (size_t)packets;
  if (ids < VN_IDS_OWN || ids > VN_IDS_OTHERS) return refuse(env, "No such ids");
  spec->ids = (enum vn_ids)ids;
  spec->hold = hold != 0;
  return spec->file != NULL || refuse(env, "Expected the file to run");
}

static void free_list(char **list)
{
  for (char **item = list; item != NULL && *item != NULL; item++) free(*item);
  free(list);
}

static void free_spec(struct vn_spawn_spec *spec)
{
  free((char *)spec->file);
  free((char *)spec->cwd);
  free((char *)spec->hostname);
  free((char *)spec->resolv_conf);
  free((int32_t *)spec->fds);
  free((int32_t *)spec->tap_speeds);
  free_list(spec->argv);
  free_list(spec->env);
  free_list(spec->taps);
}

static napi_value list_of(napi_env env, const int *fds, size_t count)
{
  napi_value list = NULL;
  napi_create_array(env, &list);
  for (size_t i = 0; i < count; i++) napi_set_element(env, list, (uint32_t)i, vn_number(env, fds[i]));
  return list;
}

static napi_value answer_of(napi_env env, const struct vn_spawned *child, const struct vn_spawn_spec *spec, int failed)
{
  napi_value made = NULL;
  const int *packets = child->handed + spec->tap_count;
  napi_create_object(env, &made);
  if (failed < 0) {
    vn_put(env, made, "step", vn_string(env, step_names[child->step]));
    vn_put(env, made, "errno", vn_number(env, -failed));
    vn_put(env, made, "index", vn_number(env, child->index));
    return made;
  }
  vn_put(env, made, "pid", vn_number(env, child->pid));
  vn_put(env, made, "pidfd", vn_number(env, child->pidfd));
  vn_put(env, made, "taps", list_of(env, child->handed, spec->tap_count));
  vn_put(env, made, "packets", list_of(env, packets, spec->packet_count));
  if (spec->packet_count > 0) vn_put(env, made, "outside", vn_number(env, packets[spec->packet_count]));
  size_t total = vn_handed(spec);
  if (total > 0) vn_put(env, made, "inside", vn_number(env, child->handed[total - 1]));
  vn_put(env, made, "hold", vn_number(env, child->hold));
  return made;
}

static napi_value spawn(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_spawn_spec spec;
  struct vn_spawned child;
  napi_value answer = NULL;
  if (!vn_open(env, info, &c)) return NULL;
  if (!vn_is(env, c.argv[0], napi_object)) {
    refuse(env, "Expected an object");
    return NULL;
  }
  memset(&spec, 0, sizeof spec);
  if (read_spec(env, c.argv[0], &spec)) {
    child.handed = calloc(vn_handed(&spec) + 1, sizeof *child.handed);
    int failed = child.handed == NULL ? -ENOMEM : vn_spawn(&spec, &child);
    if (child.handed == NULL) child.step = VN_CLONE, child.index = 0;
    answer = answer_of(env, &child, &spec, failed);
    free(child.handed);
  }
  free_spec(&spec);
  return answer;
}

static const struct vn_entry entries[] = {
  { "spawn", spawn, { 0 }, 0 },
  { "spawnRelease", vn_shape_i, { .i = vn_spawn_release }, 0 }
};

void vn_bind_spawn(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
