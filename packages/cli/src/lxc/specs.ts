/** Command lines of vdelxcd and vdelxcc. */
import { DAEMON, HELP, VERSION, type CommandSpec } from '../command.ts'

/** vdelxcd, outside of containers. */
export const vdelxcdSpec: CommandSpec = {
  name: 'vdelxcd',
  summary: 'opens virtual networks for interfaces of containers',
  synopsis: ['[-f FILE] [-d] [-p FILE] [-m MODE] [-v] SOCKET [VNL]'],
  description: [
    'Listens on SOCKET, which containers see by a bind mount. vdelxcc in a container hands it an interface and names a network, ' +
    'which is opened here, with the rights and the network of the host. A process serves each interface until the interface, ' +
    'the network or vdelxcd goes. Without -f and without a VNL, containers may name any network, and programs to run with it.'
  ],
  options: [
    { name: 'rcfile', short: 'f', value: 'FILE', help: 'Networks that are opened: lines default, allow, deny, pfxallow or pfxdeny and a VNL; the first that fits counts, no other network is opened' },
    DAEMON,
    { name: 'pidfile', short: 'p', value: 'FILE', help: 'Write the process number to FILE, which must not exist' },
    { name: 'mode', short: 'm', value: 'OCTAL', help: 'Permissions of SOCKET, 0600 unless given' },
    { name: 'verbose', short: 'v', help: 'Say who gets which network' },
    { name: 'connection', value: 'FD', hidden: true, help: 'A connection to serve, inherited' },
    { name: 'syslog', hidden: true, help: 'Lines go to the system log' },
    HELP,
    VERSION
  ],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'SIGTERM, or ready in the background (-d)'], ['1', 'the socket or a file could not be opened'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}

/** vdelxcc, inside of one. */
export const vdelxccSpec: CommandSpec = {
  name: 'vdelxcc',
  summary: 'an interface of this container on a virtual network of the host',
  synopsis: ['[-s SOCKET] [-i IFACE] [VNL]'],
  description: [
    'Makes an interface and hands it to vdelxcd, which joins it to the network VNL outside of this container; without VNL to ' +
    'the one that vdelxcd says. The interface stays until the network ends; ip link delete ends both. A SOCKET without a slash ' +
    'is looked for in the directories of VDELXC_PATH, /vde:/var/vde unless set.'
  ],
  options: [
    { name: 'socket', short: 's', value: 'SOCKET', help: 'Socket of vdelxcd, vdelxcs unless given' },
    { name: 'iface', short: 'i', value: 'IFACE', help: 'Name of the interface; one that does not end in a digit gets the first free number from 0 to 255; vde unless given' },
    HELP,
    VERSION
  ],
  operands: ['vnl'],
  stopAtOperand: true,
  unknown: 'refuse',
  exit: {
    usage: 2,
    help: 0,
    statuses: [['0', 'the interface is on the network'], ['1', 'it is not, for the reason given'], ['2', 'the command line is wrong']]
  },
  singleDashLong: false
}
