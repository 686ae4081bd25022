import { constants } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { tapFailure } from './failure.ts'

const { EACCES, EBUSY, EINVAL, EIO, EMFILE, ENOENT, EPERM } = constants.errno

const texts = suite('tapFailure')
texts('a missing device names the module', () => { assert.match(tapFailure(ENOENT, 'tap0', 'device'), /\/dev\/net\/tun is missing, .*modprobe tun/) })
texts('a closed device names its mode', () => { assert.match(tapFailure(-EACCES, 'tap0', 'device', '/dev/x'), /chmod 0666 \/dev\/x\) or run as root/) })
texts('too many files name the limit', () => { assert.match(tapFailure(EMFILE, '', 'device'), /ulimit -n/) })
texts('a refused interface names the command for root', () => { assert.match(tapFailure(-EPERM, 'tap0'), /ip tuntap add tap0 mode tap user/) })
texts('a used interface is named', () => { assert.match(tapFailure(-EBUSY, 'tap0'), /interface "tap0" is in use/) })
texts('one of another kind is named', () => { assert.match(tapFailure(-EINVAL, 'eth0'), /"eth0" exists and is no TAP/) })
texts('without a name the text has none', () => { assert.match(tapFailure(-EPERM, ''), /make or join a new interface, .*add NAME mode/) })
texts('anything else is the system\'s text', () => { assert.is(tapFailure(-EIO, 'tap0'), 'Input/output error') })
texts.run()
