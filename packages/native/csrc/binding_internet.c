/*
 * Internet sockets, and batches with addresses.
 */
#include "binding.h"

static napi_value out_of_range(napi_env env)
{
  napi_throw_range_error(env, NULL, "Span lies outside of the buffer");
  return NULL;
}

/* fd, level, option, value. */
static napi_value set_option(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t v[4];
  if (!vn_open(env, info, &c)) return NULL;
  for (size_t i = 0; i < 4; i++) if (!vn_int(env, c.argv[i], &v[i])) return NULL;
  return vn_number(env, vn_set_option(v[0], v[1], v[2], v[3]));
}

/* fd, buf, off, len, interface. */
static napi_value join_group(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  int32_t fd, interface;
  uint8_t *at;
  size_t len;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &fd) || !vn_span(env, c.argv + 1, &at, &len)) return NULL;
  if (!vn_int(env, c.argv[4], &interface)) return NULL;
  return vn_number(env, vn_join_group(fd, at, len, interface));
}

/* fd, buf, at, stride, size, count, lengths, addresses. */
static napi_value receive_from(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_inbox in;
  int32_t at, stride, size, count;
  size_t room, numbers, address_room;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &in.fd) || !vn_bytes(env, c.argv[1], &in.buf, &room)) return NULL;
  if (!vn_int(env, c.argv[2], &at) || !vn_int(env, c.argv[3], &stride) || !vn_int(env, c.argv[4], &size)) return NULL;
  if (!vn_int(env, c.argv[5], &count) || !vn_ints(env, c.argv[6], &in.lengths, &numbers)) return NULL;
  if (!vn_bytes(env, c.argv[7], &in.addresses, &address_room)) return NULL;
  if (at < 0 || stride < 0 || size < 0 || count < 0) return out_of_range(env);
  if ((size_t)count > numbers / 2 || (size_t)count > address_room / VN_ADDRESS_STRIDE) return out_of_range(env);
  if (count == 0) return vn_number(env, 0);
  /* 64 bits hold the product of two int32, so the last slot's end cannot wrap. */
  uint64_t end = (uint64_t)at + (uint64_t)stride * (uint64_t)(count - 1) + (uint64_t)size;
  if (end > room) return out_of_range(env);
  in.buf += at;
  in.stride = (size_t)stride;
  in.size = (size_t)size;
  return vn_number(env, vn_receive_from(&in, (size_t)count));
}

/* fd, buf, messages, first, count, addresses. */
static napi_value send_to(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_outbox out;
  int32_t first, count, *quads;
  size_t numbers;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &out.fd) || !vn_bytes(env, c.argv[1], &out.buf, &out.room)) return NULL;
  if (!vn_ints(env, c.argv[2], &quads, &numbers)) return NULL;
  if (!vn_int(env, c.argv[3], &first) || !vn_int(env, c.argv[4], &count)) return NULL;
  if (!vn_bytes(env, c.argv[5], &out.addresses, &out.address_room)) return NULL;
  if (first < 0 || count < 0 || ((size_t)first + (size_t)count) * 4 > numbers) return out_of_range(env);
  return vn_number(env, vn_send_to(&out, quads + (size_t)first * 4, (size_t)count));
}

static const struct vn_entry entries[] = {
  { "internetSocket", vn_shape_ii, { .ii = vn_internet_socket }, 0 },
  { "bindInternet", vn_shape_span, { .span = vn_bind_internet }, 0 },
  { "connectInternet", vn_shape_span, { .span = vn_connect_internet }, 0 },
  { "localAddress", vn_shape_span, { .span = vn_local_address }, 0 },
  { "peerAddress", vn_shape_span, { .span = vn_peer_address }, 0 },
  { "setOption", set_option, { 0 }, 0 },
  { "getOption", vn_shape_iii, { .iii = vn_get_option }, 0 },
  { "joinGroup", join_group, { 0 }, 0 },
  { "multicastInterface", vn_shape_iii, { .iii = vn_multicast_interface }, 0 },
  { "receiveFrom", receive_from, { 0 }, 0 },
  { "sendTo", send_to, { 0 }, 0 }
};

void vn_bind_internet_calls(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
