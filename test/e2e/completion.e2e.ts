/** TAB on a real terminal, in bash and in zsh: schemes, parameters, options, commands. */
import { writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { ours, peer, run, Terminal, test, type Scene } from './kit/index.ts'

const START = {
  bash: (bin: string): string => `PS1='ready> '; bind 'set enable-bracketed-paste off'; PATH=${bin}:$PATH; eval "$(vnl completion bash)"\n`,
  zsh: (bin: string): string => `autoload -Uz compinit; compinit -D -u; unsetopt zle_bracketed_paste; PS1='ready> '; PATH=${bin}:$PATH; source <(vnl completion zsh)\n`
} as const

const open = async (scene: Scene, shell: 'bash' | 'zsh'): Promise<Terminal> => {
  writeFileSync(scene.path('rc'), START[shell](dirname(ours('vnl'))))
  writeFileSync(scene.path('.zshrc'), `. ${scene.path('rc')}\n`)
  const words = shell === 'bash' ? ['--noprofile', '--rcfile', scene.path('rc'), '-i'] : ['-d', '-i']
  const terminal = await Terminal.open(scene, [peer(shell), ...words])
  await terminal.says(/ready> /)
  return terminal
}

/** What is typed before TAB, and what stands on the line then. */
const CASES: ReadonlyArray<readonly [typed: string, then: RegExp]> = [
  ['vde_plug ud\t', /vde_plug udp:\/\//],
  ['vde_plug nul\t', /vde_plug null:\/\//],
  ['vde_plug /tmp/sw[gro\t', /vde_plug \/tmp\/sw\\?\[group=/],
  ['vde_plug vde:///tmp/sw[gro\t', /vde_plug vde:\/\/\/tmp\/sw\\?\[group=/],
  ['vde_switch --macad\t', /vde_switch --macaddr /],
  ['dpipe vde_plug = vde_plug swi\t', /= vde_plug switch:\/\//],
  ['vdens null:// vdete\t', /null:\/\/ vdeterm /],
  ['vnl expl\t', /vnl explain /],
  ['vde_plug /et\t', /vde_plug \/etc/],
  ['vdens null:// ls /et\t', /ls \/etc/]
]

for (const shell of ['bash', 'zsh'] as const) {
  test(`completion in ${shell}`, { needs: ['pty', shell], ours: ['vnl'] }, async (scene) => {
    const terminal = await open(scene, shell)
    for (const [typed, then] of CASES) {
      terminal.forget()
      terminal.type(shell === 'zsh' ? typed.replace('[', '\\[') : typed) // to zsh it begins a pattern
      await terminal.says(then)
      terminal.type('\x15') // the line is not wanted any more
    }
    terminal.type('exit\r')
    await terminal.ends()
  })
}

run()
