/*
 * What an environment owns, and the way back into JavaScript. Several environments (worker threads) may load the addon.
 */
#include "binding.h"

#include <stdlib.h>

struct vn_env *vn_env_of(napi_env env)
{
  void *data = NULL;
  napi_get_instance_data(env, &data);
  return data;
}

void vn_call_back(napi_env env, napi_value function, size_t argc, const napi_value *argv)
{
  napi_value global, result, thrown;
  bool pending = false;
  napi_get_global(env, &global);
  /* make_callback, so that microtasks and nextTicks run after it. */
  napi_make_callback(env, vn_env_of(env)->context, global, function, argc, argv, &result);
  napi_is_exception_pending(env, &pending);
  if (!pending) return;
  napi_get_and_clear_last_exception(env, &thrown);
  napi_fatal_exception(env, thrown);
}

static void free_env(napi_env env, void *data, void *hint)
{
  struct vn_env *state = data;
  (void)env;
  (void)hint;
  free(state);
}

NAPI_MODULE_INIT()
{
  struct vn_env *state = calloc(1, sizeof *state);
  if (state == NULL || napi_set_instance_data(env, state, free_env, NULL) != napi_ok) {
    free(state);
    napi_throw_error(env, NULL, "Cannot load the addon: out of memory");
    return NULL;
  }
  napi_async_init(env, NULL, vn_string(env, "vde_native"), &state->context);
  vn_bind_io(env, exports);
  vn_bind_data(env, exports);
  vn_bind_internet_calls(env, exports);
  vn_bind_epoll(env, exports);
  vn_bind_timer(env, exports);
  vn_bind_tap(env, exports);
  vn_bind_packet(env, exports);
  vn_bind_process(env, exports);
  vn_bind_account(env, exports);
  vn_bind_spawn(env, exports);
  vn_bind_inspect(env, exports);
  vn_bind_cipher(env, exports);
  vn_bind_slirp(env, exports);
  return exports;
}
