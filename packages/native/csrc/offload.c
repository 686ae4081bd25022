/*
 * What an interface leaves undone in the frames it hands on, set by the names ethtool shows. A TAP has an ioctl for that
 * (TUNSETOFFLOAD); a veth hands on whatever it was told it may, some of which no offload header can say: SCTP's checksum,
 * tunnels. So everything but what the mask names is switched off.
 */
#define _GNU_SOURCE
#include "native.h"

#include <linux/ethtool.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* Features of the kernels to come fit as well: 6.18 has 64. */
#define MOST_FEATURES 256
#define BLOCKS (MOST_FEATURES / 32)

static int ask(int fd, const char *name, void *data)
{
  struct ifreq request;
  memset(&request, 0, sizeof request);
  memcpy(request.ifr_name, name, strnlen(name, VN_IFNAME - 1));
  request.ifr_data = data;
  return vn_result(ioctl(fd, SIOCETHTOOL, &request));
}

/* Bit of the mask that allows the feature; 0: none does. -1: no business of the mask. */
static int bit_of(const char *feature)
{
  static const struct { const char *name; int bit; } known[] = {
    { "tx-checksum-ip-generic", TUN_F_CSUM }, { "tx-tcp-segmentation", TUN_F_TSO4 },
    { "tx-tcp6-segmentation", TUN_F_TSO6 }, { "tx-tcp-ecn-segmentation", TUN_F_TSO_ECN },
    { "tx-udp-segmentation", 0x20 /* TUN_F_USO4, from 6.2 */ }, { "tx-generic-segmentation", -1 }
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(feature, known[i].name) == 0) return known[i].bit;
  }
  bool is_work = strncmp(feature, "tx-checksum-", 12) == 0 || strncmp(feature, "tx-gso-", 7) == 0 ||
    (strncmp(feature, "tx-", 3) == 0 && strstr(feature, "-segmentation") != NULL);
  return is_work ? 0 : -1;
}

struct strings {
  struct ethtool_gstrings head;
  char names[MOST_FEATURES][ETH_GSTRING_LEN];
};

struct wish {
  struct ethtool_sfeatures head;
  struct ethtool_set_features_block blocks[BLOCKS];
};

static int count_features(int fd, const char *name)
{
  struct { struct ethtool_sset_info head; uint32_t count; } info;
  memset(&info, 0, sizeof info);
  info.head.cmd = ETHTOOL_GSSET_INFO;
  info.head.sset_mask = 1ull << ETH_SS_FEATURES;
  int failed = ask(fd, name, &info);
  if (failed < 0) return failed;
  return info.head.sset_mask == 0 || info.count > MOST_FEATURES ? -EOPNOTSUPP : (int)info.count;
}

int vn_interface_offload(int fd, const char *name, int mask)
{
  struct wish wish;
  int count = count_features(fd, name);
  if (count < 0) return count;
  struct strings *strings = calloc(1, sizeof *strings);
  if (strings == NULL) return -ENOMEM;
  strings->head = (struct ethtool_gstrings){ .cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_FEATURES, .len = (uint32_t)count };
  memset(&wish, 0, sizeof wish);
  wish.head.cmd = ETHTOOL_SFEATURES;
  wish.head.size = ((uint32_t)count + 31) / 32;
  int failed = ask(fd, name, strings);
  for (int i = 0; failed >= 0 && i < count; i++) {
    strings->names[i][ETH_GSTRING_LEN - 1] = '\0';
    int bit = bit_of(strings->names[i]);
    if (bit < 0) continue;
    wish.blocks[i / 32].valid |= 1u << (i % 32);
    if ((mask & bit) != 0) wish.blocks[i / 32].requested |= 1u << (i % 32);
  }
  free(strings);
  if (failed >= 0) failed = ask(fd, name, &wish);
  /* Positive: some could not be changed. They are those no driver of the kind has. */
  return failed < 0 ? failed : 0;
}
