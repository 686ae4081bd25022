/**
 * An sshd of the test's own: on loopback, in namespaces of its own, with one user whose login shell is ours to choose.
 * Root only, since sshd changes users.
 */
import assert from 'node:assert/strict'
import { chownSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { ROOT, peer } from './pick.ts'
import { USER, type Scene } from './scene.ts'
import { Shell } from './namespace.ts'

const PORT = 2222

export class SshHost {
  readonly #scene: Scene
  readonly #shell: Shell
  /** The user's home, for `.vdeplug/default`. */
  readonly home: string

  private constructor (scene: Scene, shell: Shell, home: string) {
    this.#scene = scene
    this.#shell = shell
    this.home = home
  }

  /** Starts it; `loginShell` is the path of a program. */
  static async open (scene: Scene, loginShell: string): Promise<SshHost> {
    const home = scene.shared('vdeuser')
    chownSync(home, USER, USER)
    for (const key of ['host_key', 'user_key']) {
      const made = await scene.run([peer('ssh-keygen'), '-q', '-t', 'ed25519', '-N', '', '-f', scene.path(key)])
      assert.equal(made.exit?.code, 0, made.story)
    }
    copyFileSync(scene.path('user_key.pub'), scene.path('authorized'))
    writeFileSync(scene.path('passwd'), `${readFileSync('/etc/passwd', 'utf8')}vdeuser:*:${USER}:${USER}::${home}:${loginShell}\n`)
    writeFileSync(scene.path('sshd.conf'), [`Port ${PORT}`, 'ListenAddress 127.0.0.1', `HostKey ${scene.path('host_key')}`,
      `AuthorizedKeysFile ${scene.path('authorized')}`, 'StrictModes no', 'UsePAM no', 'PidFile none', 'LogLevel ERROR', ''].join('\n'))
    writeFileSync(scene.path('ssh'), `#!/bin/sh\nexec ${peer('ssh')} -F none -p ${PORT} -i ${scene.path('user_key')} -o BatchMode=yes ` +
      '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR vdeuser@127.0.0.1 "$@"\n', { mode: 0o755 })
    const shell = new Shell(scene, ['/usr/bin/unshare', '--net', '--mount'])
    await shell.must(`ip link set lo up && mount --bind ${scene.path('passwd')} /etc/passwd && mount -t tmpfs run /run && mkdir /run/sshd`)
    const host = new SshHost(scene, shell, home)
    scene.start(host.inside([peer('sshd'), '-D', '-e', '-f', scene.path('sshd.conf')]))
    await shell.must(`until ss -Hltn sport = ${PORT} | grep -q .; do sleep 0.02; done`)
    return host
  }

  /** How a command line gets there. */
  inside (argv: readonly string[]): string[] {
    return ['/usr/bin/nsenter', '--target', String(this.#shell.proc.pid), '--net', '--mount', '--wd=' + ROOT, ...argv]
  }

  /** `ssh vdeuser@host WORDS`, to be run inside. A script: Debian's vde_plug takes the options of its command for its own. */
  ssh (...words: string[]): string[] { return [this.#scene.path('ssh'), ...words] }
}
