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

static napi_value held(napi_env env, struct vn_cipher *cipher)
{
  napi_value made = NULL;
  if (napi_create_external(env, cipher, release, NULL, &made) != napi_ok) vn_cipher_close(cipher);
  return made;
}

static bool cipher_of(napi_env env, napi_value value, void **cipher)
{
  if (vn_is(env, value, napi_external) && napi_get_value_external(env, value, cipher) == napi_ok) return true;
  napi_throw_type_error(env, NULL, "Expected a cipher");
  return false;
}

/* chained, encrypt, key. */
static napi_value cipher_open(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_cipher *cipher;
  int32_t chained, encrypt;
  uint8_t *key;
  size_t len;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &chained) || !vn_int(env, c.argv[1], &encrypt)) return NULL;
  if (!vn_bytes(env, c.argv[2], &key, &len)) return NULL;
  int failed = vn_cipher_open(chained != 0, encrypt != 0, key, len, &cipher);
  return failed < 0 ? vn_number(env, failed) : held(env, cipher);
}

/* encrypt, key. */
static napi_value aead_open(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  struct vn_cipher *cipher;
  int32_t encrypt;
  uint8_t *key;
  size_t len;
  if (!vn_open(env, info, &c) || !vn_int(env, c.argv[0], &encrypt) || !vn_bytes(env, c.argv[1], &key, &len)) return NULL;
  int failed = vn_aead_open(encrypt != 0, key, len, &cipher);
  return failed < 0 ? vn_number(env, failed) : held(env, cipher);
}

/* cipher, nonce, buf, off, len. */
static napi_value aead_run(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  void *cipher;
  uint8_t *nonce, *text;
  size_t nonce_len, len;
  if (!vn_open(env, info, &c) || !cipher_of(env, c.argv[0], &cipher)) return NULL;
  if (!vn_bytes(env, c.argv[1], &nonce, &nonce_len) || !vn_span(env, c.argv + 2, &text, &len)) return NULL;
  if (nonce_len < 12) {
    napi_throw_range_error(env, NULL, "A nonce has 12 octets");
    return NULL;
  }
  return vn_number(env, vn_aead_run(cipher, nonce, text, len));
}

/* cipher, iv, buf, at, len, out, outAt. */
static napi_value cipher_run(napi_env env, napi_callback_info info)
{
  struct vn_call c;
  void *cipher;
  uint8_t *iv, *in, *out;
  size_t iv_len, len, room;
  int32_t at;
  if (!vn_open(env, info, &c) || !cipher_of(env, c.argv[0], &cipher)) return NULL;
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
  { "cipherRun", cipher_run, { 0 }, 0 },
  { "aeadOpen", aead_open, { 0 }, 0 },
  { "aeadRun", aead_run, { 0 }, 0 }
};

void vn_bind_cipher(napi_env env, napi_value exports)
{
  vn_define(env, exports, entries, sizeof entries / sizeof *entries);
}
