/*
 * Ciphers, which JavaScript holds as objects: who forgets one frees it.
 */
#include "binding.h"

static void release(napi_env env, void *cipher, void *hint)
{
  (void)env;
  (void)hint;
  vn_cipher_close(cipher);
}

/* chained, encrypt, key. */
static napi_value cipher_open(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_cipher *cipher;
  int32_t chained, encrypt;
  uint8_t *key;
  size_t len;
  napi_value made = NULL;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &chained) || !vn_int(env, c.argv[1], &encrypt)) return NULL;
  if (!vn_bytes(env, c.argv[2], &key, &len)) return NULL;
  int failed = vn_cipher_open(chained != 0, encrypt != 0, key, len, &cipher);
  if (failed < 0) return vn_number(env, failed);
  if (napi_create_external(env, cipher, release, NULL, &made) != napi_ok) vn_cipher_close(cipher);
  return made;
}

/* cipher, iv, buf, at, len, out, outAt. */
static napi_value cipher_run(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  void *cipher;
  uint8_t *iv, *in, *out;
  size_t iv_len, len, room;
  int32_t at;
  if (!vn_open(env, info, &c)) return NULL;
  if (!vn_is(env, c.argv[0], napi_external) || napi_get_value_external(env, c.argv[0], &cipher) != napi_ok) {
    napi_throw_type_error(env, NULL, "Expected a cipher");
    return NULL;
  }
  if (!vn_bytes(env, c.argv[1], &iv, &iv_len) || !vn_span(env, c.argv + 2, &in, &len)) return NULL;
  if (!vn_bytes(env, c.argv[5], &out, &room) || !vn_int(env, c.argv[6], &at)) return NULL;
  if (iv_len < 16 || at < 0 || (size_t)at + len > room) {
    napi_throw_range_error(env, NULL, "Span lies outside of the buffer");
    return NULL;
  }
  return vn_number(env, vn_cipher_run(cipher, iv, in, len, out + at));
}

static const struct vn_entry entries[] = {
  { "cipherOpen", cipher_open, { 0 }, 0 },
  { "cipherRun", cipher_run, { 0 }, 0 }
};

void vn_bind_cipher(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
