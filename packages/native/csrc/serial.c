/*
 * Serial lines: octets as they come, no flow control, no modem lines.
 */
#define _GNU_SOURCE
#include "native.h"

#include <termios.h>
#include <unistd.h>

int vn_serial_raw(int fd, int baud)
{
  struct termios line;
  if (tcgetattr(fd, &line) < 0) return -errno;
  cfmakeraw(&line);
  line.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
  line.c_cflag |= CLOCAL | CREAD;
  line.c_cc[VMIN] = 1;
  line.c_cc[VTIME] = 0;
  if (cfsetspeed(&line, (speed_t)baud) < 0) return -errno;
  return vn_result(tcsetattr(fd, TCSANOW, &line));
}
