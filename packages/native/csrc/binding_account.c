/*
 * Accounts, log, error texts.
 */
#include "binding.h"

#include <stdlib.h>

static napi_value null_of(napi_env env)
{
  napi_value made = NULL;
  napi_get_null(env, &made);
  return made;
}

static napi_value account_of(napi_env env, const char *name, uint32_t uid)
{
  struct vn_account found;
  napi_value made = NULL;
  if (vn_user(name, uid, &found) < 0) return null_of(env);
  napi_create_object(env, &made);
  vn_put(env, made, "name", vn_string(env, found.name));
  vn_put(env, made, "uid", vn_number(env, found.uid));
  vn_put(env, made, "gid", vn_number(env, found.gid));
  vn_put(env, made, "home", vn_string(env, found.home));
  vn_put(env, made, "shell", vn_string(env, found.shell));
  free(found.buffer);
  return made;
}

static napi_value user_by_name(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char name[VN_TEXT];
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], name)) return NULL;
  return account_of(env, name, 0);
}

static napi_value user_by_id(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  uint32_t uid;
  if (!vn_open(env, info, &c) || !vn_uint(env, c.argv[0], &uid)) return NULL;
  return account_of(env, NULL, uid);
}

static napi_value group_by_name(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char name[VN_TEXT], *text, *buffer;
  uint32_t gid = 0;
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], name)) return NULL;
  int failed = vn_group(name, &gid, &text, &buffer);
  if (failed < 0) return vn_number(env, failed);
  free(buffer);
  return vn_number(env, gid);
}

static napi_value group_by_id(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char *text, *buffer;
  uint32_t gid;
  if (!vn_open(env, info, &c) || !vn_uint(env, c.argv[0], &gid)) return NULL;
  if (vn_group(NULL, &gid, &text, &buffer) < 0) return null_of(env);
  napi_value made = vn_string(env, text);
  free(buffer);
  return made;
}

static napi_value groups_of(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char name[VN_TEXT];
  uint32_t gid, *groups = NULL;
  napi_value made = NULL;
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], name) || !vn_uint(env, c.argv[1], &gid)) return NULL;
  int count = vn_groups_of(name, gid, &groups);
  napi_create_array(env, &made);
  for (int i = 0; i < count; i++) napi_set_element(env, made, (uint32_t)i, vn_number(env, groups[i]));
  free(groups);
  return made;
}

static napi_value open_log(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  char ident[VN_TEXT];
  if (!vn_open(env, info, &c) || !vn_text(env, c.argv[0], ident)) return NULL;
  vn_openlog(ident);
  return vn_undefined(env);
}

static napi_value write_log(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t priority;
  char text[VN_TEXT];
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &priority) || !vn_text(env, c.argv[1], text)) return NULL;
  vn_syslog(priority, text);
  return vn_undefined(env);
}

static napi_value error_text(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t number;
  char text[256];
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &number)) return NULL;
  vn_strerror(number, text, sizeof text);
  return vn_string(env, text);
}

static const struct vn_entry entries[] = {
  { "userByName", user_by_name, { 0 }, 0 },
  { "userById", user_by_id, { 0 }, 0 },
  { "groupByName", group_by_name, { 0 }, 0 },
  { "groupById", group_by_id, { 0 }, 0 },
  { "groupsOf", groups_of, { 0 }, 0 },
  { "openlog", open_log, { 0 }, 0 },
  { "syslog", write_log, { 0 }, 0 },
  { "strerror", error_text, { 0 }, 0 }
};

void vn_bind_account(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
