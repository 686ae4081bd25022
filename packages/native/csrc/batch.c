/*
 * The data path over sockets, and descriptors in messages. Message headers live on the stack: 64 of them are 5 KiB,
 * and only those used are written.
 */
#define _GNU_SOURCE
#include "native.h"

#include <string.h>
#include <sys/socket.h>

/* Datagrams of one system call; longer batches take several. */
#define BATCH 64

int vn_receive(int fd, uint8_t *buf, size_t len)
{
  /* MSG_TRUNC: a packet's real length. AF_UNIX streams ignore it. */
  return vn_result(recv(fd, buf, len, MSG_DONTWAIT | MSG_TRUNC));
}

int vn_send(int fd, uint8_t *buf, size_t len) { return vn_result(send(fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL)); }

static int receive_some(int fd, uint8_t *buf, size_t stride, size_t size, size_t count, int32_t *lengths)
{
  struct mmsghdr messages[BATCH];
  struct iovec spans[BATCH];
  for (size_t i = 0; i < count; i++) {
    spans[i] = (struct iovec){ buf + i * stride, size };
    messages[i].msg_hdr = (struct msghdr){ .msg_iov = &spans[i], .msg_iovlen = 1 };
  }
  int got = recvmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_TRUNC, NULL);
  if (got < 0) return -errno;
  for (int i = 0; i < got; i++) lengths[i] = (int32_t)messages[i].msg_len;
  return got;
}

int vn_receive_batch(int fd, uint8_t *buf, size_t stride, size_t size, size_t count, int32_t *lengths)
{
  size_t done = 0;
  while (done < count) {
    size_t want = count - done < BATCH ? count - done : BATCH;
    int got = receive_some(fd, buf + done * stride, stride, size, want, lengths + done);
    if (got < 0) return done > 0 ? (int)done : got;
    done += (size_t)got;
    if ((size_t)got < want) break;
  }
  return (int)done;
}

static int send_some(int fd, uint8_t *buf, size_t room, const int32_t *pairs, size_t count)
{
  struct mmsghdr messages[BATCH];
  struct iovec spans[BATCH];
  for (size_t i = 0; i < count; i++) {
    int32_t at = pairs[i * 2], len = pairs[i * 2 + 1];
    if (at < 0 || len < 0 || (size_t)at + (size_t)len > room) return -EINVAL;
    spans[i] = (struct iovec){ buf + at, (size_t)len };
    messages[i].msg_hdr = (struct msghdr){ .msg_iov = &spans[i], .msg_iovlen = 1 };
  }
  return vn_result(sendmmsg(fd, messages, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int vn_send_batch(int fd, uint8_t *buf, size_t room, const int32_t *spans, size_t count)
{
  size_t done = 0;
  while (done < count) {
    size_t want = count - done < BATCH ? count - done : BATCH;
    int put = send_some(fd, buf, room, spans + done * 2, want);
    if (put < 0) return done > 0 ? (int)done : put;
    done += (size_t)put;
    if ((size_t)put < want) break;
  }
  return (int)done;
}

int vn_send_descriptors(int fd, uint8_t *buf, size_t len, const int32_t *fds, size_t count)
{
  union { struct cmsghdr head; char room[CMSG_SPACE(VN_MAX_FDS * sizeof(int))]; } control;
  if (count > VN_MAX_FDS) return -EINVAL;
  struct iovec span = { buf, len };
  struct msghdr message = { .msg_iov = &span, .msg_iovlen = 1 };
  if (count > 0) {
    memset(&control, 0, sizeof control);
    message.msg_control = &control;
    message.msg_controllen = CMSG_SPACE(count * sizeof(int));
    control.head = (struct cmsghdr){
      .cmsg_len = CMSG_LEN(count * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS
    };
    memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
  }
  return vn_result(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
}

int vn_receive_descriptors(int fd, uint8_t *buf, size_t len, int flags, int32_t *fds, size_t *count)
{
  union { struct cmsghdr head; char room[CMSG_SPACE(VN_MAX_FDS * sizeof(int))]; } control;
  size_t room = *count < VN_MAX_FDS ? *count : VN_MAX_FDS;
  struct iovec span = { buf, len };
  /*
   * CMSG_LEN, not CMSG_SPACE: with the padding counted in, the kernel would install one descriptor more. What does not
   * fit it drops without installing it, so no close of a stranger's file can block here.
   */
  struct msghdr message = {
    .msg_iov = &span, .msg_iovlen = 1, .msg_control = room > 0 ? &control : NULL,
    .msg_controllen = room > 0 ? CMSG_LEN(room * sizeof(int)) : 0
  };
  *count = 0;
  ssize_t got = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
  if (got < 0) return -errno;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c != NULL; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    size_t carried = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    memcpy(fds + *count, CMSG_DATA(c), carried * sizeof(int));
    *count += carried;
  }
  return (int)got;
}
