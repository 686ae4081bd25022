/*
 * The data path over UDP: batches in which each datagram has an address, and datagrams that hold several of equal size
 * (UDP_SEGMENT when sending, UDP_GRO when receiving). See internet.c for the form of an address.
 */
#define _GNU_SOURCE
#include "native.h"

#include <linux/udp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Datagrams of one system call; longer batches take several. */
#define BATCH 64

#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

union control { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; };

/* Size of the datagrams that the kernel put together, 0 when it is a single one. */
static int32_t segment_of(struct msghdr *message)
{
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
    int size;
    if (c->cmsg_level != IPPROTO_UDP || c->cmsg_type != UDP_GRO) continue;
    memcpy(&size, CMSG_DATA(c), sizeof size);
    return size;
  }
  return 0;
}

static int receive_some(const struct vn_inbox *in, size_t from, size_t count)
{
  struct mmsghdr messages[BATCH];
  struct iovec spans[BATCH];
  union control controls[BATCH];
  for (size_t i = 0; i < count; i++) {
    spans[i] = (struct iovec){ in->buf + (from + i) * in->stride, in->size };
    messages[i].msg_hdr = (struct msghdr){
      .msg_iov = &spans[i], .msg_iovlen = 1, .msg_control = &controls[i], .msg_controllen = sizeof controls[i],
      .msg_name = in->addresses + (from + i) * VN_ADDRESS_STRIDE, .msg_namelen = VN_ADDRESS
    };
    memset(messages[i].msg_hdr.msg_name, 0, VN_ADDRESS_STRIDE);
  }
  int got = recvmmsg(in->fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
  if (got < 0) return -errno;
  for (int i = 0; i < got; i++) {
    in->lengths[(from + (size_t)i) * 2] = (int32_t)messages[i].msg_len;
    in->lengths[(from + (size_t)i) * 2 + 1] = segment_of(&messages[i].msg_hdr);
  }
  return got;
}

int vn_receive_from(const struct vn_inbox *in, size_t count)
{
  size_t done = 0;
  while (done < count) {
    size_t want = count - done < BATCH ? count - done : BATCH;
    int got = receive_some(in, done, want);
    if (got < 0) return done > 0 ? (int)done : got;
    done += (size_t)got;
    if ((size_t)got < want) break;
  }
  return (int)done;
}

static int fill_message(const struct vn_outbox *out, const int32_t *m, struct msghdr *message, struct iovec *span,
                        union control *control)
{
  int32_t at = m[0], len = m[1], segment = m[2], address = m[3];
  if (at < 0 || len < 0 || (size_t)at + (size_t)len > out->room) return -EINVAL;
  *span = (struct iovec){ out->buf + at, (size_t)len };
  *message = (struct msghdr){ .msg_iov = span, .msg_iovlen = 1 };
  if (address >= 0) {
    if (((size_t)address + 1) * VN_ADDRESS_STRIDE > out->address_room) return -EINVAL;
    message->msg_name = out->addresses + (size_t)address * VN_ADDRESS_STRIDE;
    int size = vn_address_length(message->msg_name);
    if (size < 0) return size;
    message->msg_namelen = (socklen_t)size;
  }
  if (segment <= 0 || segment >= len) return 0;
  uint16_t value = (uint16_t)segment;
  memset(control, 0, sizeof *control);
  control->head = (struct cmsghdr){
    .cmsg_len = CMSG_LEN(sizeof value), .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT
  };
  memcpy(CMSG_DATA(&control->head), &value, sizeof value);
  message->msg_control = control;
  message->msg_controllen = CMSG_SPACE(sizeof value);
  return 0;
}

static int send_some(const struct vn_outbox *out, const int32_t *quads, size_t count)
{
  struct mmsghdr messages[BATCH];
  struct iovec spans[BATCH];
  union control controls[BATCH];
  for (size_t i = 0; i < count; i++) {
    int failed = fill_message(out, quads + i * 4, &messages[i].msg_hdr, &spans[i], &controls[i]);
    if (failed < 0) return failed;
  }
  return vn_result(sendmmsg(out->fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int vn_send_to(const struct vn_outbox *out, const int32_t *quads, size_t count)
{
  size_t done = 0;
  while (done < count) {
    size_t want = count - done < BATCH ? count - done : BATCH;
    int put = send_some(out, quads + done * 4, want);
    if (put < 0) return done > 0 ? (int)done : put;
    done += (size_t)put;
    if ((size_t)put < want) break;
  }
  return (int)done;
}
