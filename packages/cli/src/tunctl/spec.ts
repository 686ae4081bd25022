/** vde_tunctl: its option table. */
import { HELP, VERSION, type CommandSpec } from '../command.ts'

export const spec: CommandSpec = {
  name: 'vde_tunctl',
  summary: 'make and remove persistent TAP and TUN interfaces',
  synopsis: ['[-b] [-u OWNER] [-g GROUP] [-n] [-t NAME] [-f DEVICE]', '-d NAME [-b] [-f DEVICE]'],
  description: [
    'The owner, or with -g the members of the group, may then use the interface without privileges. With both -u and -g the ' +
    'user must also be a member of the group.'
  ],
  options: [
    { name: 'brief', short: 'b', help: 'Print the name of the interface only' },
    { name: 'owner', short: 'u', value: 'OWNER', help: 'User, by name or number, who may use it; the caller unless -u or -g is given' },
    { name: 'group', short: 'g', value: 'GROUP', help: 'Group, by name or number, which may use it' },
    { name: 'tun', short: 'n', help: 'Make a TUN interface; a name that starts with "tun" does that too' },
    { name: 'name', short: 't', value: 'NAME', help: 'Name of the interface; the kernel chooses one unless given' },
    { name: 'delete', short: 'd', value: 'NAME', help: 'Make NAME temporary again: it goes with its last user' },
    { name: 'device', short: 'f', value: 'DEVICE', help: 'The clone device, /dev/net/tun unless given' },
    HELP,
    VERSION
  ],
  stopAtOperand: false,
  unknown: 'refuse',
  exit: {
    usage: 1,
    help: 0,
    statuses: [['0', 'done'], ['1', 'refused by the system, or the command line is wrong']]
  },
  singleDashLong: false
}
