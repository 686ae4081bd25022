/** The option tables of every command, for the man pages. Importing them does nothing else. */
import type { CommandSpec } from './command.ts'
import { spec as dpipe } from './dpipe/spec.ts'
import { spec as extcap } from './extcap/spec.ts'
import { spec as impair } from './impair/spec.ts'
import { spec as keygen } from './keygen/spec.ts'
import { vdelxccSpec, vdelxcdSpec } from './lxc/specs.ts'
import { spec as mwcli } from './mwcli/spec.ts'
import { spec as pcapplug } from './pcapplug/spec.ts'
import { lsctlSpec, lsctlcSpec, lsctldSpec } from './lsctl/specs.ts'
import { spec as plug2tap } from './plug2tap/spec.ts'
import { unixcmdSpec, unixtermSpec, vdecmdSpec, vdetermSpec } from './terminal/specs.ts'
import { spec as slirpvde } from './slirpvde/spec.ts'
import { spec as top } from './top/spec.ts'
import { spec as tunctl } from './tunctl/spec.ts'
import { spec as vdecapture } from './vdecapture/spec.ts'
import { spec as vdePlug } from './vde-plug/spec.ts'
import { spec as vdeSwitch } from './vde-switch/spec.ts'
import { spec as vdenet } from './vdenet/spec.ts'
import { spec as vdens } from './vdens/spec.ts'
import { spec as vnl } from './vnl/spec.ts'
import { netemuSpec, spec as wirefilter } from './wirefilter/spec.ts'

export const specs: readonly CommandSpec[] = [
  dpipe,
  vdePlug,
  plug2tap,
  pcapplug,
  vdeSwitch,
  tunctl,
  slirpvde,
  keygen,
  vdenet,
  vdens,
  vdelxcdSpec,
  vdelxccSpec,
  unixtermSpec,
  vdetermSpec,
  unixcmdSpec,
  vdecmdSpec,
  vnl,
  top,
  wirefilter,
  netemuSpec,
  impair,
  vdecapture,
  extcap,
  mwcli,
  lsctlSpec,
  lsctldSpec,
  lsctlcSpec
]
