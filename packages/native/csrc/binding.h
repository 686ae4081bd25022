/*
 * N-API on one side, native.h on the other. A binding converts arguments, calls one function, converts the answer.
 * Most share a shape, so each subject is a table of entries; what fits no shape is written out.
 */
#ifndef VN_BINDING_H
#define VN_BINDING_H

#include "native.h"

#include <node_api.h>

/* Longest text argument, in octets: a path of the kernel (PATH_MAX). */
#define VN_TEXT 4096

struct vn_entry {
  const char *name;
  napi_callback call;
  union {
    int (*none)(void);
    int (*i)(int);
    int (*ii)(int, int);
    int (*iii)(int, int, int);
    int (*iu)(int, uint32_t);
    int (*span)(int, uint8_t *, size_t);
    int (*text)(int, const char *, size_t);
    int (*out)(int, int32_t *);
    int (*name)(const char *);
    int (*name_i)(const char *, int);
  } run;
  size_t room; /* of vn_shape_out: elements wanted */
};

void vn_define(napi_env env, napi_value exports, const struct vn_entry *entries, size_t count);

/* Shapes: n no argument, i int, u uint32, the rest as named. */
napi_value vn_shape_none(napi_env env, napi_callback_info info);
napi_value vn_shape_i(napi_env env, napi_callback_info info);
napi_value vn_shape_ii(napi_env env, napi_callback_info info);
napi_value vn_shape_iii(napi_env env, napi_callback_info info);
napi_value vn_shape_iu(napi_env env, napi_callback_info info);
napi_value vn_shape_span(napi_env env, napi_callback_info info);   /* fd, buf, off, len */
napi_value vn_shape_text(napi_env env, napi_callback_info info);   /* fd, text with any octet */
napi_value vn_shape_out(napi_env env, napi_callback_info info);    /* int, Int32Array */
napi_value vn_shape_name(napi_env env, napi_callback_info info);   /* text */
napi_value vn_shape_name_i(napi_env env, napi_callback_info info); /* text, int */

/* Arguments of a call. False: an exception is pending, return NULL. */
struct vn_call {
  napi_env env;
  const struct vn_entry *entry;
  napi_value argv[8];
};

bool vn_open(napi_env env, napi_callback_info info, struct vn_call *call);
/* Number or boolean. */
bool vn_int(napi_env env, napi_value value, int32_t *out);
bool vn_uint(napi_env env, napi_value value, uint32_t *out);
bool vn_bytes(napi_env env, napi_value value, uint8_t **data, size_t *len);
bool vn_ints(napi_env env, napi_value value, int32_t **data, size_t *count);
bool vn_doubles(napi_env env, napi_value value, double **data, size_t *count);
bool vn_uints(napi_env env, napi_value value, uint32_t **data, size_t *count);
/* argv: buf, off, len. Proves that the span lies inside. */
bool vn_span(napi_env env, const napi_value *argv, uint8_t **at, size_t *len);
/* Into out[VN_TEXT], NUL at the end. vn_text refuses texts with a NUL inside. */
bool vn_octets(napi_env env, napi_value value, char *out, size_t *len);
bool vn_text(napi_env env, napi_value value, char *out);
bool vn_is(napi_env env, napi_value value, napi_valuetype type);

napi_value vn_number(napi_env env, int64_t value);
napi_value vn_string(napi_env env, const char *text);
napi_value vn_undefined(napi_env env);
void vn_put(napi_env env, napi_value object, const char *key, napi_value value);

/* What one environment (the main thread, a worker) has. */
struct vn_epoll;
struct vn_channel;
struct vn_env {
  napi_async_context context;
  struct vn_epoll *epoll;
  struct vn_channel *channel;
};

struct vn_env *vn_env_of(napi_env env);
/* Calls back into JavaScript from the loop. What is thrown becomes the process's uncaughtException. Needs a scope. */
void vn_call_back(napi_env env, napi_value function, size_t argc, const napi_value *argv);

/* The subjects. */
void vn_bind_io(napi_env env, napi_value exports);
void vn_bind_data(napi_env env, napi_value exports);
void vn_bind_internet_calls(napi_env env, napi_value exports);
void vn_bind_epoll(napi_env env, napi_value exports);
void vn_bind_timer(napi_env env, napi_value exports);
void vn_bind_tap(napi_env env, napi_value exports);
void vn_bind_packet(napi_env env, napi_value exports);
void vn_bind_process(napi_env env, napi_value exports);
void vn_bind_account(napi_env env, napi_value exports);
void vn_bind_spawn(napi_env env, napi_value exports);
void vn_bind_inspect(napi_env env, napi_value exports);
void vn_bind_cipher(napi_env env, napi_value exports);
void vn_bind_slirp(napi_env env, napi_value exports);

#endif
