/*
 * Network interfaces of the caller's namespace: the few requests that take one ioctl, and rtnetlink.
 */
#define _GNU_SOURCE
#include "native.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel answers requests at once; this only keeps a lost answer from blocking for ever. */
#define ANSWER_SEC 5

static int request_at(int fd, unsigned long what, const char *name, struct ifreq *request)
{
  size_t len = strlen(name);
  if (len == 0 || len >= IFNAMSIZ) return -ENODEV;
  memset(request->ifr_name, 0, IFNAMSIZ);
  memcpy(request->ifr_name, name, len);
  return vn_result(ioctl(fd, what, request));
}

static int interface_request(unsigned long what, const char *name, struct ifreq *request)
{
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int failed = request_at(fd, what, name, request);
  close(fd);
  return failed;
}

int vn_interface_mtu(const char *name)
{
  struct ifreq request;
  int failed = interface_request(SIOCGIFMTU, name, &request);
  return failed < 0 ? failed : request.ifr_mtu;
}

int vn_set_interface_mtu(const char *name, int mtu)
{
  struct ifreq request = { .ifr_mtu = mtu };
  return interface_request(SIOCSIFMTU, name, &request);
}

/* The older pair of commands: the kernel makes the newer one of it, and there is nothing to agree about first. */
static int ethtool_request(int fd, const char *name, uint32_t command, struct ethtool_cmd *settings)
{
  struct ifreq request = { .ifr_data = (void *)settings };
  settings->cmd = command;
  return request_at(fd, SIOCETHTOOL, name, &request);
}

int vn_interface_speed(const char *name)
{
  struct ethtool_cmd settings = { 0 };
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int failed = ethtool_request(fd, name, ETHTOOL_GSET, &settings);
  close(fd);
  if (failed < 0) return failed;
  uint32_t mbit = ethtool_cmd_speed(&settings);
  return mbit > INT32_MAX ? 0 : (int)mbit; /* SPEED_UNKNOWN is -1 */
}

int vn_set_interface_speed_at(int fd, const char *name, int mbit)
{
  struct ethtool_cmd settings = { 0 };
  int failed = ethtool_request(fd, name, ETHTOOL_GSET, &settings);
  if (failed < 0) return failed;
  ethtool_cmd_speed_set(&settings, (uint32_t)mbit);
  return ethtool_request(fd, name, ETHTOOL_SSET, &settings);
}

int vn_set_interface_speed(const char *name, int mbit)
{
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  int failed = vn_set_interface_speed_at(fd, name, mbit);
  close(fd);
  return failed;
}

int vn_set_interface_up(const char *name, int up)
{
  struct ifreq request;
  int failed = interface_request(SIOCGIFFLAGS, name, &request);
  if (failed < 0) return failed;
  request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  return interface_request(SIOCSIFFLAGS, name, &request);
}

int vn_interface_index(const char *name)
{
  struct ifreq request;
  int failed = interface_request(SIOCGIFINDEX, name, &request);
  return failed < 0 ? failed : request.ifr_ifindex;
}

int vn_interface_index_at(int fd, const char *name)
{
  struct ifreq request;
  int failed = request_at(fd, SIOCGIFINDEX, name, &request);
  return failed < 0 ? failed : request.ifr_ifindex;
}

/* Waits for the NLMSG_ERROR with our sequence number; its error is 0 for an acknowledgement. */
static int netlink_answer(int fd, uint32_t sequence)
{
  union { struct nlmsghdr head; uint8_t room[8192]; } in;
  for (;;) {
    ssize_t got = recv(fd, &in, sizeof in, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN ? -ETIMEDOUT : -errno;
    int left = (int)got;
    for (struct nlmsghdr *m = &in.head; NLMSG_OK(m, (unsigned)left); m = NLMSG_NEXT(m, left)) {
      if (m->nlmsg_type != NLMSG_ERROR || m->nlmsg_seq != sequence) continue;
      if (m->nlmsg_len < NLMSG_LENGTH(sizeof(struct nlmsgerr))) return -EBADMSG;
      return ((struct nlmsgerr *)NLMSG_DATA(m))->error;
    }
  }
}

int vn_rtnetlink_open(void)
{
  struct timeval limit = { ANSWER_SEC, 0 };
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return -errno;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0) return fd;
  int failed = -errno;
  close(fd);
  return failed;
}

int vn_rtnetlink_at(int fd, uint8_t *message, size_t len)
{
  struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  struct nlmsghdr head;
  if (len < sizeof head) return -EINVAL;
  memcpy(&head, message, sizeof head);
  /* Without an acknowledgement to come the wait below would only end in its time-out. */
  if (head.nlmsg_len != len || (head.nlmsg_flags & NLM_F_ACK) == 0) return -EINVAL;
  if (sendto(fd, message, len, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0) return -errno;
  return netlink_answer(fd, head.nlmsg_seq);
}

int vn_rtnetlink(uint8_t *message, size_t len)
{
  int fd = vn_rtnetlink_open();
  if (fd < 0) return fd;
  int answer = vn_rtnetlink_at(fd, message, len);
  close(fd);
  return answer;
}
