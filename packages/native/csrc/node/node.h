/*
 * vde_node: the first process of a node's PID namespace. Internal to the files of this directory.
 */
#ifndef VN_NODE_H
#define VN_NODE_H

#include "../native.h"

/* Longest request and reply, in octets; what is longer is refused by the sender's socket. */
#define VN_NODE_PACKET 65536

/* What the node is started with: argv[1]... */
struct vn_node {
  const char *name;   /* hostname */
  const char *socket; /* path to listen at, for daemons to come */
  const char *dir;    /* stays reachable though /run and /tmp become private */
  const char *suite;  /* directory of commands: stays too, with all it was installed with */
};

/* ---- furnish.c ---- */
/* Private mounts, /proc, hostname, lo. 0 or -errno, and *what names the step. */
int vn_node_furnish(const struct vn_node *node, const char **what);
/* Has `path` show `content` in this node, whatever the file system there allows. */
int vn_node_cover(const char *path, const uint8_t *content, size_t len);
/* mkdir -p. */
int vn_node_make_path(const char *path);

/* ---- requests.c ---- */
/* Carries out one request and answers it on `connection`. -errno: the answer did not go, give the connection up. */
int vn_node_answer(int connection, uint8_t *request, size_t len);

#endif
