/*
 * TAP devices: one descriptor of /dev/net/tun each.
 */
#define _GNU_SOURCE
#include "native.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int vn_tun_open(const char *device)
{
  return vn_result(open(device != NULL ? device : "/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
}

int vn_tap_attach(int fd, char *name, int flags)
{
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, name, strnlen(name, VN_IFNAME - 1));
  request.ifr_flags = (short)flags;
  if (ioctl(fd, TUNSETIFF, &request) < 0) return -errno;
  memcpy(name, request.ifr_name, VN_IFNAME);
  return 0;
}

int vn_tap_open(const char *device, char *name, int flags)
{
  int fd = vn_tun_open(device);
  if (fd < 0) return fd;
  int failed = vn_tap_attach(fd, name, flags);
  if (failed == 0) return fd;
  close(fd);
  return failed;
}

int vn_tap_persist(int fd, int on) { return vn_result(ioctl(fd, TUNSETPERSIST, (long)(on != 0))); }

int vn_tap_owner(int fd, uint32_t uid) { return vn_result(ioctl(fd, TUNSETOWNER, (unsigned long)uid)); }

int vn_tap_group(int fd, uint32_t gid) { return vn_result(ioctl(fd, TUNSETGROUP, (unsigned long)gid)); }

int vn_tap_offload(int fd, int mask) { return vn_result(ioctl(fd, TUNSETOFFLOAD, (unsigned long)(unsigned)mask)); }

int vn_tap_header_size(int fd, int octets) { return vn_result(ioctl(fd, TUNSETVNETHDRSZ, &octets)); }

int vn_tap_carrier(int fd, int on)
{
  int value = on != 0;
  return vn_result(ioctl(fd, TUNSETCARRIER, &value));
}

/*
 * IFF_NO_PI has the value of IFF_NOFILTER, which TUNGETIFF reports whenever no filter is attached. So the answer tells
 * about IFF_NO_PI only while a filter is there: attach one that lets everything through, ask again, detach it.
 */
static int exact_flags(int fd, struct ifreq *answer)
{
  struct sock_filter accept_all = BPF_STMT(BPF_RET | BPF_K, 0xffffffff);
  struct sock_fprog program;
  memset(&program, 0, sizeof program); /* its padding too: checkers see it cross into the kernel */
  program.len = 1;
  program.filter = &accept_all;
  if (ioctl(fd, TUNATTACHFILTER, &program) < 0) return 0; /* not a TAP: keep what we have */
  int failed = vn_result(ioctl(fd, TUNGETIFF, answer));
  int none = 0;
  ioctl(fd, TUNDETACHFILTER, &none);
  return failed;
}

int vn_tap_info(int fd, char *name)
{
  struct ifreq answer;
  memset(&answer, 0, sizeof answer);
  if (ioctl(fd, TUNGETIFF, &answer) < 0) return -errno;
  if ((answer.ifr_flags & IFF_NOFILTER) != 0) {
    int failed = exact_flags(fd, &answer);
    if (failed < 0) return failed;
  }
  memcpy(name, answer.ifr_name, VN_IFNAME);
  name[VN_IFNAME - 1] = '\0';
  return (unsigned short)answer.ifr_flags;
}
