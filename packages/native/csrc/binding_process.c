/*
 * Processes and signals.
 */
#include "binding.h"

static const struct vn_entry entries[] = {
  { "pidfdWait", vn_shape_i, { .i = vn_pidfd_wait }, 0 },
  { "pidfdSignal", vn_shape_ii, { .ii = vn_pidfd_signal }, 0 },
  { "pidfdOpen", vn_shape_i, { .i = vn_pidfd_open }, 0 },
  { "setpgid", vn_shape_ii, { .ii = vn_setpgid }, 0 },
  { "getpgid", vn_shape_i, { .i = vn_getpgid }, 0 },
  { "getsid", vn_shape_i, { .i = vn_getsid }, 0 },
  { "kill", vn_shape_ii, { .ii = vn_kill }, 0 },
  { "raiseDefault", vn_shape_i, { .i = vn_raise_default }, 0 },
  { "ignoreSignal", vn_shape_i, { .i = vn_ignore_signal }, 0 },
  { "noteOrigin", vn_shape_i, { .i = vn_note_origin }, 0 },
  { "isFromKernel", vn_shape_i, { .i = vn_is_from_kernel }, 0 },
  { "exitNow", vn_shape_i, { .i = vn_exit_now }, 0 },
  { "setProcessName", vn_shape_name, { .name = vn_set_process_name }, 0 },
  { "setsid", vn_shape_none, { .none = vn_setsid }, 0 },
  { "terminalGroup", vn_shape_ii, { .ii = vn_terminal_group }, 0 },
  { "umask", vn_shape_i, { .i = vn_umask }, 0 }
};

void vn_bind_process(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
