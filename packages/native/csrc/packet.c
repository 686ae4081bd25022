/*
 * AF_PACKET sockets: the frames of an interface with their offload header, in the form a TAP has them.
 *
 *     buf: | virtio_net_hdr, 10 | 2 untouched | dst src [tag] type payload ...
 *
 * The kernel's header has 10 octets here and ours 12, so both calls use two spans (PACKET_VNET_HDR_SZ, which would do
 * without, is new in 6.4). The kernel takes the outermost tag out of every frame it receives and tells it beside: it is
 * put back, which moves the payload by 4. Tagged frames pay for that (2 us for 64 KiB), so that all start at one place.
 */
#define _GNU_SOURCE
#include "native.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Octets of the kernel's header, and of ours. */
#define SHORT_HEADER 10
#define HEADER 12
#define MACS 12
#define TAG 4

int vn_packet_open(void) { return vn_result(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

static int switch_on(int fd, int option)
{
  int on = 1;
  return vn_result(setsockopt(fd, SOL_PACKET, option, &on, sizeof on));
}

int vn_packet_prepare(int fd)
{
  /* EBUSY here: it has a ring, and frames would go there instead. */
  int failed = switch_on(fd, PACKET_VNET_HDR);
  return failed < 0 ? failed : switch_on(fd, PACKET_AUXDATA);
}

int vn_packet_ignore_outgoing(int fd) { return switch_on(fd, PACKET_IGNORE_OUTGOING); }

int vn_packet_bind(int fd, int index)
{
  struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = index };
  return vn_result(bind(fd, (struct sockaddr *)&address, sizeof address));
}

int vn_packet_promiscuous(int fd, int index)
{
  struct packet_mreq request = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };
  return vn_result(setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request));
}

int vn_packet_skip_own(int fd, int index)
{
  struct ifreq request;
  uint8_t mac[6];
  memset(&request, 0, sizeof request);
  request.ifr_ifindex = index;
  if (ioctl(fd, SIOCGIFNAME, &request) < 0 || ioctl(fd, SIOCGIFHWADDR, &request) < 0) return -errno;
  memcpy(mac, request.ifr_hwaddr.sa_data, sizeof mac);
  uint32_t high = (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 | (uint32_t)mac[2] << 8 | mac[3];
  uint32_t low = (uint32_t)mac[4] << 8 | mac[5];
  struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 6), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, high, 0, 2),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 10), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, low, 1, 0),
    BPF_STMT(BPF_RET | BPF_K, 0xffffffff), BPF_STMT(BPF_RET | BPF_K, 0)
  };
  struct sock_fprog program;
  memset(&program, 0, sizeof program);
  program.len = sizeof filter / sizeof *filter;
  program.filter = filter;
  return vn_result(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

int vn_packet_interface(int fd)
{
  struct sockaddr_ll address;
  socklen_t len = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname(fd, (struct sockaddr *)&address, &len) < 0) return -errno;
  return address.sll_family == AF_PACKET && address.sll_ifindex > 0 ? address.sll_ifindex : -ENODEV;
}

int vn_packet_state(int fd)
{
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_ifindex = vn_packet_interface(fd);
  if (request.ifr_ifindex < 0) return request.ifr_ifindex;
  if (ioctl(fd, SIOCGIFNAME, &request) < 0 || ioctl(fd, SIOCGIFFLAGS, &request) < 0) return -errno;
  return (request.ifr_flags & IFF_UP) != 0;
}

static int option(int fd, int name)
{
  int value = 0;
  socklen_t len = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &len) < 0 ? -errno : value;
}

int vn_packet_info(int fd, char *name)
{
  struct sockaddr_ll address;
  struct ifreq request;
  socklen_t len = sizeof address;
  int domain = option(fd, SO_DOMAIN);
  if (domain < 0) return domain;
  if (domain != AF_PACKET || option(fd, SO_TYPE) != SOCK_RAW) return -ENOTTY;
  memset(&address, 0, sizeof address);
  if (getsockname(fd, (struct sockaddr *)&address, &len) < 0) return -errno;
  if (address.sll_ifindex <= 0) return -EBADFD;
  if (address.sll_protocol != htons(ETH_P_ALL) || address.sll_hatype != ARPHRD_ETHER) return -ENOTTY;
  memset(&request, 0, sizeof request);
  request.ifr_ifindex = address.sll_ifindex;
  if (ioctl(fd, SIOCGIFNAME, &request) < 0) return -errno;
  memcpy(name, request.ifr_name, VN_IFNAME);
  name[VN_IFNAME - 1] = '\0';
  return 0;
}

/* The tag that was taken out of a received frame; NULL: none. */
static const struct tpacket_auxdata *tag_of(struct msghdr *message)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA) continue;
    const struct tpacket_auxdata *told = (const void *)CMSG_DATA(c);
    return (told->tp_status & TP_STATUS_VLAN_VALID) != 0 ? told : NULL;
  }
  return NULL;
}

static void put_back(uint8_t *frame, size_t len, const struct tpacket_auxdata *tag)
{
  uint16_t type = (tag->tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? tag->tp_vlan_tpid : ETH_P_8021Q;
  memmove(frame + MACS + TAG, frame + MACS, len - MACS);
  frame[MACS] = (uint8_t)(type >> 8);
  frame[MACS + 1] = (uint8_t)type;
  frame[MACS + 2] = (uint8_t)(tag->tp_vlan_tci >> 8);
  frame[MACS + 3] = (uint8_t)tag->tp_vlan_tci;
}

/* hdr_len and csum_start of the header count from the first octet of the frame; little-endian, zero: not used. */
static void shift_header(uint8_t *header)
{
  for (size_t at = 2; at <= 6; at += 4) {
    unsigned value = header[at] | (unsigned)header[at + 1] << 8;
    if (value == 0) continue;
    value += TAG;
    header[at] = (uint8_t)value;
    header[at + 1] = (uint8_t)(value >> 8);
  }
}

int vn_packet_receive(int fd, uint8_t *buf, size_t len)
{
  union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(struct tpacket_auxdata))]; } control;
  if (len < HEADER + MACS) return -EINVAL;
  struct iovec spans[] = { { buf, SHORT_HEADER }, { buf + HEADER, len - HEADER } };
  struct msghdr message = {
    .msg_iov = spans, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control
  };
  ssize_t got = recvmsg(fd, &message, MSG_DONTWAIT | MSG_TRUNC);
  if (got < 0) return -errno;
  size_t frame = got < SHORT_HEADER ? 0 : (size_t)got - SHORT_HEADER;
  const struct tpacket_auxdata *tag = tag_of(&message);
  if (tag == NULL || frame < MACS) return (int)(HEADER + frame);
  /* One that does not fit with its tag was cut, as its length tells. */
  if (HEADER + frame + TAG <= len) {
    put_back(buf + HEADER, frame, tag);
    shift_header(buf);
  }
  return (int)(HEADER + frame + TAG);
}

int vn_packet_send(int fd, uint8_t *buf, size_t len)
{
  if (len < HEADER) return -EINVAL;
  struct iovec spans[] = { { buf, SHORT_HEADER }, { buf + HEADER, len - HEADER } };
  struct msghdr message = { .msg_iov = spans, .msg_iovlen = 2 };
  return vn_result(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}
