/*
 * AF_UNIX sockets: naming, connecting, and who is at the other end.
 */
#define _GNU_SOURCE
#include "native.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define BORN (SOCK_NONBLOCK | SOCK_CLOEXEC)

int vn_unix_socket(int type) { return vn_result(socket(AF_UNIX, type | BORN, 0)); }

int vn_socket_pair(int type, int32_t *out)
{
  int ends[2];
  if (socketpair(AF_UNIX, type | BORN, 0, ends) < 0) return -errno;
  out[0] = ends[0];
  out[1] = ends[1];
  return 0;
}

/* Address of `path`. A path keeps a final NUL inside sun_path (so 107 octets at most); an abstract name has none. */
static int address_of(const char *path, size_t len, struct sockaddr_un *out)
{
  if (len == 0) return -ENOENT;
  bool abstract = path[0] == '\0';
  if (len > sizeof out->sun_path - (abstract ? 0 : 1)) return -ENAMETOOLONG;
  if (!abstract && memchr(path, '\0', len) != NULL) return -EINVAL;
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  memcpy(out->sun_path, path, len);
  return (int)(offsetof(struct sockaddr_un, sun_path) + len + (abstract ? 0 : 1));
}

int vn_bind_unix(int fd, const char *path, size_t len)
{
  struct sockaddr_un address;
  int size = address_of(path, len, &address);
  return size < 0 ? size : vn_result(bind(fd, (struct sockaddr *)&address, (socklen_t)size));
}

int vn_connect_unix(int fd, const char *path, size_t len)
{
  struct sockaddr_un address;
  int size = address_of(path, len, &address);
  return size < 0 ? size : vn_result(connect(fd, (struct sockaddr *)&address, (socklen_t)size));
}

int vn_connect_address(int fd, uint8_t *address, size_t len)
{
  struct sockaddr_un copy;
  if (len < sizeof copy.sun_family || len > sizeof copy) return -EINVAL;
  memset(&copy, 0, sizeof copy);
  memcpy(&copy, address, len);
  /* The octets are a stranger's: AF_UNSPEC would undo a connection, other families are not for this socket. */
  if (copy.sun_family != AF_UNIX) return -EAFNOSUPPORT;
  return vn_result(connect(fd, (struct sockaddr *)&copy, (socklen_t)len));
}

int vn_disconnect(int fd)
{
  struct sockaddr nobody = { .sa_family = AF_UNSPEC };
  return vn_result(connect(fd, &nobody, sizeof nobody));
}

int vn_listen(int fd, int backlog) { return vn_result(listen(fd, backlog)); }

int vn_accept(int fd)
{
  int made;
  do made = accept4(fd, NULL, NULL, BORN); while (made < 0 && errno == EINTR);
  return vn_result(made);
}

int vn_shutdown(int fd, int how) { return vn_result(shutdown(fd, how)); }

int vn_peer_credentials(int fd, int32_t *out)
{
  struct ucred peer;
  socklen_t len = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) return -errno;
  out[0] = peer.pid;
  out[1] = (int32_t)peer.uid;
  out[2] = (int32_t)peer.gid;
  return 0;
}

int vn_peer_groups(int fd, uint32_t *out, size_t room)
{
  socklen_t len = (socklen_t)(room * sizeof *out);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, out, &len) == 0) return (int)(len / sizeof *out);
  if (errno != ERANGE) return -errno;
  /* The kernel gives all or nothing: fetch all, hand out what fits. */
  uint32_t *all = malloc(len);
  if (all == NULL) return -ENOMEM;
  int answer = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, all, &len) < 0 ? -errno : (int)(len / sizeof *out);
  if (answer > 0 && room > 0) memcpy(out, all, (room < (size_t)answer ? room : (size_t)answer) * sizeof *out);
  free(all);
  return answer;
}

static int set_buffer(int fd, int force, int plain, int octets)
{
  if (octets <= 0) return 0;
  /* FORCE passes the limits of wmem_max and rmem_max, and wants CAP_NET_ADMIN. */
  if (setsockopt(fd, SOL_SOCKET, force, &octets, sizeof octets) == 0) return 0;
  return vn_result(setsockopt(fd, SOL_SOCKET, plain, &octets, sizeof octets));
}

int vn_set_buffers(int fd, int send_octets, int receive_octets)
{
  int failed = set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, send_octets);
  return failed < 0 ? failed : set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_octets);
}

static int int_option(int fd, int option)
{
  int value;
  socklen_t len = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &len) < 0 ? -errno : value;
}

int vn_socket_error(int fd) { return int_option(fd, SO_ERROR); }

int vn_refuse_descriptors(int fd)
{
  enum { PASSRIGHTS = 83 }; /* SO_PASSRIGHTS, from Linux 6.16 */
  int off = 0;
  return vn_result(setsockopt(fd, SOL_SOCKET, PASSRIGHTS, &off, sizeof off));
}

int vn_socket_type(int fd) { return int_option(fd, SO_TYPE); }
