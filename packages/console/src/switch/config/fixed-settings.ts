/** What is decided at the start: changed in a file, it is refused by name. */
import { flag, text, type FixedSetting } from './setting.ts'

const MODE = { type: 'string', pattern: '^[0-7]{1,4}$', description: 'permissions as an octal number in quotes, such as "0660"' }
const GROUP = { type: 'string', minLength: 1, description: 'a group' }

/** In the order of the file. */
export const FIXED_SETTINGS: readonly FixedSetting[] = [
  { key: 'sockets.dir', schema: text('control directory that clients name', 'a path'), options: ['sock'] },
  { key: 'sockets.mode', schema: { title: 'mode of the sockets in it', ...MODE }, options: ['mode'] },
  { key: 'sockets.dirMode', schema: { title: 'mode of the directory', ...MODE }, options: ['dirmode'] },
  { key: 'sockets.group', schema: { title: 'group of the directory and its sockets', ...GROUP }, options: ['group'] },
  { key: 'management.socket', schema: text('where the console is', 'a path'), options: ['mgmt'] },
  { key: 'management.mode', schema: { title: 'mode of the socket', ...MODE }, options: ['mgmtmode'] },
  { key: 'management.group', schema: { title: 'group of the socket', ...GROUP }, options: ['mgmtgroup'] },
  {
    key: 'metrics',
    schema: { title: 'where metrics are served', type: ['string', 'integer'], minimum: 0, maximum: 65535, minLength: 1, description: 'a port, ADDRESS:PORT, or the path of a socket' },
    options: ['metrics']
  },
  { key: 'switch.mac', schema: text('address of the switch itself', 'six hexadecimal octets such as 00:ff:00:00:00:01'), options: ['macaddr'] },
  { key: 'switch.transparent', schema: flag('tagged frames of VLANs that are not defined pass', false), options: ['vlan-transparent'] }
]
