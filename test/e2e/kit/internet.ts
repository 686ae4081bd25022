/** Servers that say a line, who hears them, and a DHCP client. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import type { Host } from './host.ts'
import type { Shell } from './namespace.ts'

/** Answers each connection with a line. */
export const serve = (host: Host, port: number, text: string): void => {
  host.start(['socat', `TCP-LISTEN:${port},bind=127.0.0.1,reuseaddr,fork`, `SYSTEM:echo ${text}`])
}

/** Waits until the server at an address says `text`. */
export const heard = async (from: Shell, address: string, text: string): Promise<void> => {
  await from.must(`until socat -u TCP:${address},connect-timeout=2 - 2>/dev/null | grep -qx '${text}'; do sleep 0.05; done`, 10_000)
}

/** Has vde0 get its address by DHCP, with files in `dir`. @returns what it was told */
export const dhcp = async (shell: Shell, dir: string): Promise<string> => {
  writeFileSync(`${dir}/script`, '#!/bin/sh\n[ "$1" = bound ] || exit 0\nip addr add $ip/$mask dev $interface\nip route add default via $router\n' +
    `echo "$ip/$mask router=$router dns=$dns lease=$lease hostname=$hostname domain=$domain" >${dir}/lease\n`)
  chmodSync(`${dir}/script`, 0o755)
  await shell.must(`ip link set vde0 up; busybox udhcpc -i vde0 -n -q -f -s ${dir}/script`, 15_000)
  return readFileSync(`${dir}/lease`, 'latin1').trim()
}
