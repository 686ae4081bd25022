import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SpawnFailure } from '@vde-ts/native'
import { explain, readFacts, type Facts } from './refusal.ts'

const { EPERM, EACCES, ENOSPC, ENOENT, EINVAL, EBUSY, EAGAIN, ENOMEM, ENXIO, EIO } = constants.errno
const FREE: Facts = {
  uid: 1001, usernsClone: '', apparmor: '', max: { user: '9', net: '8', mnt: '7', uts: '6' }, seccomp: '0', tunMode: '0600'
}
const ASKED = { interfaces: ['vde0', 'vde1'], hostname: 'inside', cwd: '/nowhere' }

type Row = readonly [step: SpawnFailure['step'], errno: number, facts: Partial<Facts>, message: RegExp]
const ROWS: readonly Row[] = [
  ['clone', EPERM, { usernsClone: '0' }, /user namespaces are disabled \(kernel\.unprivileged_userns_clone=0\), enable .* or run as root$/],
  ['clone', EPERM, { usernsClone: '1', apparmor: '1' }, /AppArmor .*apparmor_restrict_unprivileged_userns=1\), .*"userns,"/],
  ['clone', EACCES, { apparmor: '1' }, /AppArmor/],
  ['clone', ENOSPC, { max: { ...FREE.max, user: '0' } }, /user namespaces are disabled \(user\.max_user_namespaces=0\), .*sysctl/],
  ['clone', ENOSPC, { max: { ...FREE.max, net: '0' } }, /network namespaces are disabled \(user\.max_net_namespaces=0\)/],
  ['clone', ENOSPC, {}, /limit of namespaces is reached \(user\.max_user_namespaces=9, user\.max_net_namespaces=8\)/],
  ['clone', EPERM, { seccomp: '2' }, /seccomp filter forbids it.*seccomp=unconfined/],
  ['clone', EPERM, {}, /not permitted here \(a chroot/],
  ['clone', EPERM, { uid: 0, usernsClone: '0', apparmor: '1' }, /not permitted here/],
  ['clone', EINVAL, {}, /CONFIG_USER_NS and CONFIG_NET_NS/],
  ['clone', EAGAIN, {}, /too many processes.*ulimit -u/],
  ['clone', ENOMEM, {}, /out of memory/],
  ['clone', EIO, {}, /^Cannot create namespace: .*(EIO|error)/i],
  ['setgroups', EPERM, { apparmor: '1' }, /AppArmor/],
  ['uid_map', EINVAL, {}, /did not take the uid_map of uid 1001 \(EINVAL\)/],
  ['tun', ENOENT, {}, /interface vde0: \/dev\/net\/tun is missing.*modprobe tun/],
  ['tun', ENXIO, {}, /driver behind \/dev\/net\/tun.*modprobe tun/],
  ['tun', EACCES, {}, /closed to uid 1001 \(mode 0600\), open it with "chmod 0666 \/dev\/net\/tun"$/],
  ['tun', EPERM, {}, /device list, allow "c 10:200 rwm"/],
  ['tap', EBUSY, {}, /interface vde1: the name is taken/],
  ['tap', EPERM, { apparmor: '1' }, /interface vde1: AppArmor/],
  ['tap', EPERM, {}, /TAP interfaces are not permitted/],
  ['mount', ENOENT, {}, /\/etc\/resolv\.conf is missing, create it/],
  ['mount', EACCES, { apparmor: '1' }, /AppArmor/],
  ['mount', EPERM, {}, /mounts are not permitted/],
  ['hostname', EPERM, {}, /set hostname "inside" in the namespace: operation not permitted/],
  ['capabilities', EPERM, { apparmor: '1' }, /capabilities in the namespace: AppArmor/],
  ['chdir', ENOENT, {}, /change directory to "\/nowhere": no such file/],
  ['pgid', EPERM, {}, /join the process group: operation not permitted/],
  ['fds', EIO, {}, /pass descriptors/],
  ['exec', EIO, {}, /run the command/]
]

const table = suite('explain')
for (const [step, errno, facts, message] of ROWS) {
  table(`${step} ${errno} ${JSON.stringify(facts)}`, () => {
    const error = explain({ step, errno, index: 1 }, { ...FREE, ...facts }, ASKED)
    assert.match(error.message, message)
    assert.match(error.message, /^Cannot [^\n]+[^.\n]$/)
    assert.is(error.errno, errno)
  })
}
table.run()

const facts = suite('readFacts')
facts('reads this machine without failing', () => {
  const found = readFacts()
  assert.is(found.uid, process.geteuid?.())
  assert.match(found.max.user, /^\d*$/)
  assert.match(found.seccomp, /^[0-2]?$/)
  assert.match(found.tunMode, /^([0-7]{4})?$/)
})
facts.run()
