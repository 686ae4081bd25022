/**
 * A virtual machine that runs another kernel, for one shell script: QEMU without acceleration, so that it runs everywhere,
 * and nothing in it but what the script needs. The kernel comes from an extracted package (a directory with boot/ and
 * lib/modules/), the programs with their libraries from this machine; together they are the initial file system.
 *
 *     kernel | initramfs: /init, programs, files, modules | ttyS0 --> what bootGuest answers
 */
import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findSystem } from './pick.ts'
import type { Scene } from './scene.ts'

/** What the machine has. */
export interface GuestSpec {
  /** The extracted package of the kernel. */
  readonly kernel: string
  /** Names of modules, loaded in this order. */
  readonly modules: readonly string[]
  /** Programs of this machine, by name. */
  readonly programs: readonly string[]
  /** Files and directories of this machine, found at the same paths. */
  readonly files: readonly string[]
  /** Files that only the guest has. */
  readonly texts: Readonly<Record<string, string>>
  /** Run as root by a shell. Besides `programs` there are a few applets of busybox, see INIT. */
  readonly script: string
  /** Time for all of it, in ms. */
  readonly ms: number
}

const MEMORY_MB = 900

const INIT = `#!/bin/busybox sh
for applet in cat chmod grep insmod ln mkdir mount sed seq sleep uname; do /bin/busybox ln -s busybox /bin/$applet; done
ln -s ../../bin/busybox /usr/bin/env
ln -s dash /bin/sh # busybox's own would prefer its applets to what stands in the PATH
export PATH=/usr/bin:/bin HOME=/root
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev; chmod 1777 /tmp
for module in /modules/*.ko; do insmod $module; done
/usr/bin/ip link set lo up
/bin/sh /script 2>&1
echo; echo guest: end of the script
echo b >/proc/sysrq-trigger
`

/** Boots it, and answers what it wrote until the end of the script. */
export const bootGuest = async (scene: Scene, spec: GuestSpec): Promise<string> => {
  const boot = join(spec.kernel, 'boot')
  const image = readdirSync(boot).find((name) => name.startsWith('vmlinuz'))
  if (image === undefined) throw new Error(`Cannot boot a guest: ${boot} has no vmlinuz`)
  const initrd = await packInitrd(scene, fileSystem(scene, spec))
  const qemu = findSystem('qemu-system-x86_64') ?? 'qemu-system-x86_64'
  const guest = scene.start([qemu, '-M', 'microvm,acpi=off', '-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2',
    '-m', String(MEMORY_MB), '-nodefaults', '-no-user-config', '-display', 'none', '-serial', 'stdio', '-no-reboot',
    '-kernel', join(boot, image), '-initrd', initrd, '-append', 'console=ttyS0 quiet panic=-1'], { stdin: 'ignore' })
  await guest.ends(spec.ms)
  if (!guest.out.includes('guest: end of the script')) throw new Error(`Cannot run a guest: it ended early: ${guest.story}`)
  return guest.out.replaceAll('\r', '')
}

/** Lays the files out. @returns the directory */
const fileSystem = (scene: Scene, spec: GuestSpec): string => {
  const root = scene.path('guest')
  const dirs = ['bin', 'proc', 'sys', 'dev', 'tmp', 'etc', 'root', 'modules', 'usr/bin', 'var/tmp', 'var/run']
  for (const dir of dirs) mkdirSync(join(root, dir), { recursive: true })
  for (const name of ['busybox', 'dash']) addProgram(root, name, 'bin')
  for (const name of spec.programs) addProgram(root, name, 'usr/bin')
  for (const path of spec.files) cpSync(path, under(root, path), { recursive: true, dereference: true })
  const modules = join(spec.kernel, 'lib/modules')
  const drivers = readdirSync(modules, { recursive: true, encoding: 'utf8' })
  spec.modules.forEach((name, i) => {
    const found = drivers.find((path) => path.endsWith(`/${name}.ko`))
    if (found === undefined) throw new Error(`Cannot boot a guest: the kernel in ${spec.kernel} has no module ${name}`)
    copyFileSync(join(modules, found), join(root, 'modules', `${String(i).padStart(2, '0')}-${name}.ko`))
  })
  const fixed = { '/init': INIT, '/script': spec.script, '/etc/passwd': 'root:x:0:0::/root:/bin/sh\n', '/etc/group': 'root:x:0:\n' }
  for (const [path, text] of Object.entries({ ...spec.texts, ...fixed })) writeFileSync(under(root, path), text)
  chmodSync(join(root, 'init'), 0o755)
  return root
}

/** A path below `root`, whose directory is there. */
const under = (root: string, path: string): string => {
  const inside = join(root, path)
  mkdirSync(dirname(inside), { recursive: true })
  return inside
}

/** A program, and the libraries that the dynamic linker would load for it. */
const addProgram = (root: string, name: string, dir: string): void => {
  const path = name === 'node' ? process.execPath : findSystem(name)
  if (path === null) throw new Error(`Cannot boot a guest: ${name} is not installed here`)
  const inside = under(root, join(dir, name))
  copyFileSync(realpathSync(path), inside)
  chmodSync(inside, 0o755)
  for (const [library] of spawnSync('ldd', [path], { encoding: 'utf8' }).stdout.matchAll(/(?<= |\t)\/\S+/g)) {
    const copy = under(root, library)
    if (!existsSync(copy)) copyFileSync(realpathSync(library), copy)
  }
}

/** Packs a directory of the scene into the archive that a kernel unpacks for its initial file system. @returns its path */
export const packInitrd = async (scene: Scene, root: string): Promise<string> => {
  const packed = await scene.run(['/bin/sh', '-c', 'find . | cpio -o -H newc --quiet >../initrd'], { cwd: root })
  if (packed.exit?.code !== 0) throw new Error(`Cannot pack a file system: ${packed.story}`)
  return scene.path('initrd')
}
