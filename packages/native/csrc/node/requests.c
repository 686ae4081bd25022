/*
 * What the init of a node does when asked: a packet in, a packet out.
 *
 *     request   op 1 octet | arguments, texts with their NUL, numbers in host order
 *     reply     int32 result: >= 0, or -errno | octets | a descriptor
 *
 *     T flags mtu name   the TAP of that name, made if it is not there; its descriptor
 *     D name             closes it: the interface goes, unless somebody else holds it
 *     L                  names of the TAPs
 *     R                  an rtnetlink socket of this node; its descriptor
 *     W path content     writes a file (/proc/sys)
 *     C path content     shows this content at the path
 *     M uid gid path     makes a directory, with those above it, and gives it away
 *
 * Programs are run by whoever asks, who joins the namespaces (spawn.c).
 */
#define _GNU_SOURCE
#include "node.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Below the usual limit of open files, 1024. */
#define MOST_TAPS 960

static struct { char name[VN_IFNAME]; int fd; } taps[MOST_TAPS];
static size_t tap_count;

struct reply {
  int32_t result;
  uint8_t data[VN_NODE_PACKET - sizeof(int32_t)];
};

static size_t find(const char *name)
{
  size_t i = 0;
  while (i < tap_count && strcmp(taps[i].name, name) != 0) i++;
  return i;
}

static int make_tap(const char *name, int flags, int mtu)
{
  char real[VN_IFNAME] = { 0 };
  if (tap_count == MOST_TAPS) return -EMFILE;
  if (strlen(name) >= VN_IFNAME || *name == '\0') return -EINVAL;
  strcpy(real, name);
  int fd = vn_tap_open(NULL, real, flags);
  if (fd < 0) return fd;
  int failed = mtu > 0 ? vn_set_interface_mtu(real, mtu) : 0;
  if (failed < 0) {
    close(fd);
    return failed;
  }
  strcpy(taps[tap_count].name, real);
  taps[tap_count++].fd = fd;
  return fd;
}

static int drop_tap(const char *name)
{
  size_t i = find(name);
  if (i == tap_count) return -ENODEV;
  close(taps[i].fd);
  taps[i] = taps[--tap_count];
  return 0;
}

/* T: *fd is the init's own, sent and kept. */
static int open_tap(const uint8_t *arguments, size_t len, int *fd)
{
  int32_t numbers[2];
  if (len <= sizeof numbers) return -EINVAL;
  memcpy(numbers, arguments, sizeof numbers);
  const char *name = (const char *)arguments + sizeof numbers;
  size_t i = find(name);
  char real[VN_IFNAME];
  /* Somebody inside may have removed the interface: then its descriptor is of no use. */
  if (i < tap_count && vn_tap_info(taps[i].fd, real) < 0) {
    drop_tap(name);
    i = tap_count;
  }
  int found = i < tap_count ? taps[i].fd : make_tap(name, numbers[0], numbers[1]);
  if (found >= 0) *fd = found;
  return found < 0 ? found : 0;
}

static size_t list_taps(uint8_t *out)
{
  size_t at = 0;
  for (size_t i = 0; i < tap_count; i++) {
    size_t len = strlen(taps[i].name) + 1;
    memcpy(out + at, taps[i].name, len);
    at += len;
  }
  return at;
}

static int write_file(const char *path, const uint8_t *content, size_t len)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -errno;
  int failed = vn_result(write(fd, content, len));
  close(fd);
  return failed < 0 ? failed : 0;
}

/* W, C: a path and what follows it. */
static int with_file(uint8_t op, const char *path, size_t len)
{
  size_t at = strlen(path) + 1;
  const uint8_t *content = (const uint8_t *)path + at;
  return op == 'W' ? write_file(path, content, len - at) : vn_node_cover(path, content, len - at);
}

static int make_directory(const uint8_t *arguments, size_t len)
{
  int32_t owner[2];
  if (len <= sizeof owner) return -EINVAL;
  memcpy(owner, arguments, sizeof owner);
  const char *path = (const char *)arguments + sizeof owner;
  int failed = vn_node_make_path(path);
  return failed < 0 ? failed : vn_result(chown(path, (uid_t)owner[0], (gid_t)owner[1]));
}

static int send_reply(int connection, struct reply *reply, size_t data, int fd)
{
  int32_t one = fd;
  int sent = vn_send_descriptors(connection, (uint8_t *)reply, sizeof reply->result + data, &one, fd >= 0 ? 1 : 0);
  if (sent >= 0 || fd < 0) return sent;
  /* Such as ETOOMANYREFS: a user may have so many descriptors under way. */
  reply->result = sent;
  return vn_send_descriptors(connection, (uint8_t *)reply, sizeof reply->result, NULL, 0);
}

int vn_node_answer(int connection, uint8_t *request, size_t len)
{
  static struct reply reply;
  uint8_t *arguments = request + 1;
  size_t rest = len - 1, data = 0;
  int fd = -1, own = -1;
  /* Every text ends within the packet: what is missing at its end is refused. */
  bool ends = request[0] == 'L' || request[0] == 'R' ||
    (rest > 0 && memchr(arguments, '\0', rest) != NULL && ((request[0] != 'T' && request[0] != 'M') || request[len - 1] == '\0'));
  reply.result = ends ? 0 : -EINVAL;
  if (!ends) return send_reply(connection, &reply, 0, -1);
  switch (request[0]) {
    case 'T': reply.result = open_tap(arguments, rest, &fd); break;
    case 'D': reply.result = drop_tap((char *)arguments); break;
    case 'L': data = list_taps(reply.data); break;
    case 'R':
      own = fd = vn_rtnetlink_open();
      reply.result = fd < 0 ? fd : 0;
      break;
    case 'M': reply.result = make_directory(arguments, rest); break;
    case 'W':
    case 'C': reply.result = with_file(request[0], (char *)arguments, rest); break;
    default: reply.result = -ENOSYS;
  }
  int sent = send_reply(connection, &reply, data, fd);
  if (own >= 0) close(own);
  return sent;
}
