/*
 * The data path: reading, writing, batches, descriptors in messages.
 */
#include "binding.h"

#include <sys/socket.h>

static napi_value out_of_range(napi_env env)
{
  napi_throw_range_error(env, NULL, "Span lies outside of the buffer");
  return NULL;
}

static napi_value receive_batch(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd, at, stride, size, count, *lengths;
  uint8_t *buf;
  size_t room, length_room;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_bytes(env, c.argv[1], &buf, &room)) return NULL;
  if (!vn_int(env, c.argv[2], &at) || !vn_int(env, c.argv[3], &stride) || !vn_int(env, c.argv[4], &size)) return NULL;
  if (!vn_int(env, c.argv[5], &count) || !vn_ints(env, c.argv[6], &lengths, &length_room)) return NULL;
  if (at < 0 || stride < 0 || size < 0 || count < 0 || (size_t)count > length_room) return out_of_range(env);
  if (count == 0) return vn_number(env, 0);
  /* 64 bits hold the product of two int32, so the last slot's end cannot wrap. */
  uint64_t end = (uint64_t)at + (uint64_t)stride * (uint64_t)(count - 1) + (uint64_t)size;
  if (end > room) return out_of_range(env);
  return vn_number(env, vn_receive_batch(fd, buf + at, (size_t)stride, (size_t)size, (size_t)count, lengths));
}

/* fd, buf, spans, first, count. */
static napi_value with_spans(napi_env env, napi_callback_info info,
                             int (*run)(int, uint8_t *, size_t, const int32_t *, size_t))
{
  struct vn_call c;
  int32_t fd, first, count, *spans;
  uint8_t *buf;
  size_t room, numbers;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_bytes(env, c.argv[1], &buf, &room)) return NULL;
  if (!vn_ints(env, c.argv[2], &spans, &numbers)) return NULL;
  if (!vn_int(env, c.argv[3], &first) || !vn_int(env, c.argv[4], &count)) return NULL;
  if (first < 0 || count < 0 || ((size_t)first + (size_t)count) * 2 > numbers) return out_of_range(env);
  return vn_number(env, run(fd, buf, room, spans + (size_t)first * 2, (size_t)count));
}

static napi_value send_batch(napi_env env, napi_callback_info info) { return with_spans(env, info, vn_send_batch); }

static napi_value write_vector(napi_env env, napi_callback_info info) { return with_spans(env, info, vn_write_vector); }

static napi_value send_descriptors(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd, *fds;
  uint8_t *at;
  size_t len, count;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_span(env, c.argv + 1, &at, &len)) return NULL;
  if (!vn_ints(env, c.argv[4], &fds, &count)) return NULL;
  return vn_number(env, vn_send_descriptors(fd, at, len, fds, count));
}

static napi_value receive_descriptors(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd, *fds;
  uint8_t *at;
  size_t len, room;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_span(env, c.argv + 1, &at, &len)) return NULL;
  if (!vn_ints(env, c.argv[4], &fds, &room)) return NULL;
  size_t count = room;
  int got = vn_receive_descriptors(fd, at, len, MSG_DONTWAIT, fds, &count);
  for (size_t i = count; i < room; i++) fds[i] = -1;
  return vn_number(env, got);
}

static const struct vn_entry entries[] = {
  { "read", vn_shape_span, { .span = vn_read }, 0 },
  { "write", vn_shape_span, { .span = vn_write }, 0 },
  { "readNowait", vn_shape_span, { .span = vn_read_nowait }, 0 },
  { "writeNowait", vn_shape_span, { .span = vn_write_nowait }, 0 },
  { "writeVector", write_vector, { 0 }, 0 },
  { "receive", vn_shape_span, { .span = vn_receive }, 0 },
  { "send", vn_shape_span, { .span = vn_send }, 0 },
  { "receiveBatch", receive_batch, { 0 }, 0 },
  { "sendBatch", send_batch, { 0 }, 0 },
  { "sendDescriptors", send_descriptors, { 0 }, 0 },
  { "receiveDescriptors", receive_descriptors, { 0 }, 0 }
};

void vn_bind_data(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
