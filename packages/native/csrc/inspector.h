/*
 * The process that takes descriptors of strangers. Internal to inspect.c and inspector.c.
 */
#ifndef VN_INSPECTOR_H
#define VN_INSPECTOR_H

#include "native.h"

/* Longest packet handed back; of a longer one the beginning. */
#define VN_PACKET 8192

struct vn_reply {
  int32_t result;  /* 0: a TAP or packet socket comes along; or -errno */
  int32_t leaving; /* not 0: this was the inspector's last */
  int32_t flags;
  uint32_t length; /* octets the packet had */
  char name[VN_IFNAME];
  uint8_t packet[VN_PACKET];
};

/*
 * Takes the packet that waits at `connection`. Answers the descriptor, or -errno; reply->length and packet are set whenever
 * something was received. Any thread may call it; blocks for milliseconds.
 */
int vn_inspector_ask(int connection, struct vn_reply *reply);
/* Lets the inspector go, when nothing is to be inspected for a while. */
void vn_inspector_rest(void);

#endif
