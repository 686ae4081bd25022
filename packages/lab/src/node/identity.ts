/**
 * The files of /etc that differ in a node.
 *
 * Where one id is mapped, daemons that want to become an account of their own cannot: there is no other id. So their
 * accounts are root's there, and changing to them changes nothing (nor does setgroups, see native/csrc/join.c). The host's
 * other accounts stay, for names in listings.
 */
import { readFileSync } from 'node:fs'
import { native } from '@vde-ts/native'

/** Accounts that Debian's bird2, frr, dnsmasq and tcpdump change to. */
const USERS = ['frr', 'bird', 'tcpdump', 'dnsmasq', 'nobody']
const GROUPS = ['frr', 'frrvty', 'bird', 'tcpdump', 'dnsmasq', 'dip', 'nogroup']
/** Directories that the packages' start scripts make at boot, and whose they are. */
const DIRECTORIES: ReadonlyArray<readonly [path: string, user: string]> =
  [['/run/frr', 'frr'], ['/var/log/frr', 'frr'], ['/var/tmp/frr', 'frr'], ['/run/bird', 'bird'], ['/run/sshd', 'root']]

/** A file, and what a node sees in it. */
export type Cover = readonly [path: string, content: string]

/** What a node named `name` finds in /etc. @param hasOneId only root exists there */
export const covers = (name: string, hasOneId: boolean): Cover[] => [
  ['/etc/hostname', `${name}\n`],
  ['/etc/hosts', `127.0.0.1\tlocalhost\n127.0.1.1\t${name}\n::1\tlocalhost ip6-localhost\n`],
  ...hasOneId ? oneId() : []
]

/** A directory that daemons expect. */
export interface Directory {
  readonly path: string
  readonly uid: number
  readonly gid: number
}

/** Those of a node. @param hasOneId as of {@link covers} */
export const directories = (hasOneId: boolean): Directory[] => DIRECTORIES.map(([path, user]) => {
  const account = hasOneId ? null : native.userByName(user)
  return { path, uid: account?.uid ?? 0, gid: account?.gid ?? 0 }
})

const oneId = (): Cover[] => [
  ['/etc/passwd', passwdFor(readFileSync('/etc/passwd', 'utf8'))],
  ['/etc/group', groupFor(readFileSync('/etc/group', 'utf8'))]
]

/** A passwd in which those who start daemons are root. Pure. */
export const passwdFor = (host: string): string =>
  merged(host, USERS, (name) => `${name}:x:0:0:${name}:/:/usr/sbin/nologin`)

/** The same of a group file; root is a member of all of them. Pure. */
export const groupFor = (host: string): string => merged(host, GROUPS, (name) => `${name}:x:0:root`)

/** The host's lines without `names`, then theirs: the first line of an id is the one a number is shown by. */
const merged = (host: string, names: readonly string[], line: (name: string) => string): string => {
  const kept = host.split('\n').filter((text) => text !== '' && !names.includes(text.slice(0, text.indexOf(':'))))
  return [...kept, ...names.map(line)].join('\n') + '\n'
}
