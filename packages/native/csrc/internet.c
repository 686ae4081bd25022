/*
 * AF_INET and AF_INET6 sockets: naming, connecting, options, groups.
 *
 * An address crosses the border to JavaScript as VN_ADDRESS octets, in which a sockaddr_in or sockaddr_in6 lies as the
 * kernel has it; what follows it is zero, so that two of them are equal when their octets are:
 *
 *     IPv4   | family 2 | port 2 | address 4 | 0 ...                        |
 *     IPv6   | family 2 | port 2 | flow 4    | address 16 | scope 4 | 0 ... |
 */
#define _GNU_SOURCE
#include "native.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define BORN (SOCK_NONBLOCK | SOCK_CLOEXEC)

int vn_internet_socket(int family, int type)
{
  if (family != AF_INET && family != AF_INET6) return -EAFNOSUPPORT;
  int fd = socket(family, type | BORN, 0);
  if (fd < 0) return -errno;
  int on = 1;
  /* One family a socket: with the other mapped into it, addresses would have two forms. */
  if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) {
    int failed = -errno;
    vn_close(fd);
    return failed;
  }
  return fd;
}

int vn_address_length(const uint8_t *address)
{
  sa_family_t family;
  memcpy(&family, address, sizeof family);
  if (family == AF_INET) return (int)sizeof(struct sockaddr_in);
  return family == AF_INET6 ? (int)sizeof(struct sockaddr_in6) : -EAFNOSUPPORT;
}

static int with_address(int (*run)(int, const struct sockaddr *, socklen_t), int fd, const uint8_t *address, size_t len)
{
  struct sockaddr_storage copy;
  if (len < VN_ADDRESS) return -EINVAL;
  int size = vn_address_length(address);
  if (size < 0) return size;
  memcpy(&copy, address, (size_t)size);
  return vn_result(run(fd, (struct sockaddr *)&copy, (socklen_t)size));
}

int vn_bind_internet(int fd, uint8_t *address, size_t len) { return with_address(bind, fd, address, len); }

int vn_connect_internet(int fd, uint8_t *address, size_t len) { return with_address(connect, fd, address, len); }

static int ask_address(int (*ask)(int, struct sockaddr *, socklen_t *), int fd, uint8_t *address, size_t len)
{
  struct sockaddr_storage found;
  socklen_t size = sizeof found;
  if (len < VN_ADDRESS) return -EINVAL;
  memset(&found, 0, sizeof found);
  if (ask(fd, (struct sockaddr *)&found, &size) < 0) return -errno;
  memcpy(address, &found, VN_ADDRESS);
  return 0;
}

int vn_local_address(int fd, uint8_t *address, size_t len) { return ask_address(getsockname, fd, address, len); }

int vn_peer_address(int fd, uint8_t *address, size_t len) { return ask_address(getpeername, fd, address, len); }

int vn_set_option(int fd, int level, int option, int value)
{
  return vn_result(setsockopt(fd, level, option, &value, sizeof value));
}

int vn_get_option(int fd, int level, int option)
{
  int value = 0;
  socklen_t len = sizeof value;
  return getsockopt(fd, level, option, &value, &len) < 0 ? -errno : value;
}

int vn_join_group(int fd, const uint8_t *group, size_t len, int interface)
{
  struct group_req request;
  if (len < VN_ADDRESS) return -EINVAL;
  int size = vn_address_length(group);
  if (size < 0) return size;
  memset(&request, 0, sizeof request);
  request.gr_interface = (uint32_t)interface;
  memcpy(&request.gr_group, group, (size_t)size);
  int level = size == (int)sizeof(struct sockaddr_in) ? IPPROTO_IP : IPPROTO_IPV6;
  return vn_result(setsockopt(fd, level, MCAST_JOIN_GROUP, &request, sizeof request));
}

int vn_multicast_interface(int fd, int family, int interface)
{
  struct ip_mreqn request = { .imr_ifindex = interface };
  if (family == AF_INET6) return vn_set_option(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, interface);
  return vn_result(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request));
}
