/*
 * Ciphers of the OpenSSL that Node has inside and exports, the one thing here that is no system call: a frame takes
 * 1 us this way and 6.7 through node:crypto, which makes objects for each. Found at run time, because distributions link
 * Node in many ways: where it is not exported the answer is -ENOSYS.
 */
#define _GNU_SOURCE
#include "native.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#define BLOCK 16
#define KEY 16
#define AEAD_KEY 32
#define TAG 16
#define SET_TAG 0x11
#define GET_TAG 0x10

struct vn_cipher {
  void *context;
  bool authenticates;
  bool encrypts;
};

/* The functions, by OpenSSL's manual EVP_EncryptInit(3); their types have not changed since 1.1. */
static struct {
  void *(*context_new)(void);
  void (*context_free)(void *);
  const void *(*aes_128_ecb)(void);
  const void *(*aes_128_cbc)(void);
  const void *(*chacha20_poly1305)(void);
  int (*init)(void *, const void *, void *, const uint8_t *, const uint8_t *, int);
  int (*padding)(void *, int);
  int (*update)(void *, uint8_t *, int *, const uint8_t *, int);
  int (*final)(void *, uint8_t *, int *);
  int (*control)(void *, int, int, void *);
} evp;

static bool find(const char *name, void *to)
{
  /* POSIX has functions and objects of one size. */
  *(void **)to = dlsym(RTLD_DEFAULT, name);
  return *(void **)to != NULL;
}

static bool is_there(void)
{
  return find("EVP_CIPHER_CTX_new", &evp.context_new) && find("EVP_CIPHER_CTX_free", &evp.context_free) &&
    find("EVP_aes_128_ecb", &evp.aes_128_ecb) && find("EVP_aes_128_cbc", &evp.aes_128_cbc) &&
    find("EVP_CipherInit_ex", &evp.init) && find("EVP_CIPHER_CTX_set_padding", &evp.padding) &&
    find("EVP_CipherUpdate", &evp.update) && find("EVP_CipherFinal_ex", &evp.final) &&
    find("EVP_chacha20_poly1305", &evp.chacha20_poly1305) && find("EVP_CIPHER_CTX_ctrl", &evp.control);
}

/* A key schedule, made once. */
static int make(const void *algorithm, bool encrypt, const uint8_t *key, struct vn_cipher **out)
{
  struct vn_cipher *made = calloc(1, sizeof *made);
  if (made == NULL) return -ENOMEM;
  made->encrypts = encrypt;
  made->context = evp.context_new();
  uint8_t zero[BLOCK] = { 0 };
  if (made->context == NULL || evp.init(made->context, algorithm, NULL, key, zero, encrypt) != 1) {
    vn_cipher_close(made);
    return -ENOMEM;
  }
  evp.padding(made->context, 0);
  *out = made;
  return 0;
}

int vn_cipher_open(bool chained, bool encrypt, const uint8_t *key, size_t len, struct vn_cipher **out)
{
  if (len != KEY) return -EINVAL;
  if (!is_there()) return -ENOSYS;
  return make(chained ? evp.aes_128_cbc() : evp.aes_128_ecb(), encrypt, key, out);
}

int vn_aead_open(bool encrypt, const uint8_t *key, size_t len, struct vn_cipher **out)
{
  if (len != AEAD_KEY) return -EINVAL;
  if (!is_there()) return -ENOSYS;
  int failed = make(evp.chacha20_poly1305(), encrypt, key, out);
  if (failed == 0) (*out)->authenticates = true;
  return failed;
}

int vn_cipher_run(struct vn_cipher *cipher, const uint8_t *iv, const uint8_t *in, size_t len, uint8_t *out)
{
  int count = 0;
  if (cipher->authenticates || len % BLOCK != 0 || len > INT_MAX) return -EINVAL;
  if (evp.init(cipher->context, NULL, NULL, NULL, iv, -1) != 1) return -EIO;
  if (len > 0 && evp.update(cipher->context, out, &count, in, (int)len) != 1) return -EIO;
  return count;
}

int vn_aead_run(struct vn_cipher *cipher, const uint8_t *nonce, uint8_t *text, size_t len)
{
  if (!cipher->authenticates || len < TAG || len > INT_MAX) return -EINVAL;
  int plain = (int)len - TAG, count = 0, rest = 0;
  if (evp.init(cipher->context, NULL, NULL, NULL, nonce, -1) != 1) return -EIO;
  if (!cipher->encrypts && evp.control(cipher->context, SET_TAG, TAG, text + plain) != 1) return -EIO;
  if (plain > 0 && evp.update(cipher->context, text, &count, text, plain) != 1) return -EIO;
  if (evp.final(cipher->context, text + count, &rest) != 1) return cipher->encrypts ? -EIO : -EBADMSG;
  if (cipher->encrypts && evp.control(cipher->context, GET_TAG, TAG, text + plain) != 1) return -EIO;
  return plain;
}

void vn_cipher_close(struct vn_cipher *cipher)
{
  if (cipher->context != NULL) evp.context_free(cipher->context);
  free(cipher);
}
