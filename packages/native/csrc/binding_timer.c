/*
 * Timers. Times pass in a Float64Array of one: as numbers they would be objects on the heap.
 */
#include "binding.h"

static bool cell_of(napi_env env, napi_value value, double **cell)
{
  size_t count;
  if (!vn_doubles(env, value, cell, &count)) return false;
  if (count >= 1) return true;
  napi_throw_range_error(env, NULL, "Array for the time is empty");
  return false;
}

static napi_value clock_read(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  double *cell;
  if (!vn_open(env, info, &c) || !cell_of(env, c.argv[0], &cell)) return NULL;
  *cell = (double)vn_clock();
  return NULL;
}

static napi_value timer_set(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd;
  double *cell;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !cell_of(env, c.argv[1], &cell)) return NULL;
  /* Also true of Infinity; what is no number expires at once. */
  int64_t due = *cell >= 9e18 ? VN_NEVER : *cell > 0 ? (int64_t)*cell : 0;
  return vn_number(env, vn_timer_set(fd, due));
}

static const struct vn_entry entries[] = {
  { "clockRead", clock_read, { 0 }, 0 },
  { "timerCreate", vn_shape_none, { .none = vn_timer_create }, 0 },
  { "timerSet", timer_set, { 0 }, 0 }
};

void vn_bind_timer(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
