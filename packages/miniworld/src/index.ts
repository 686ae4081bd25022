/**
 * MiniWorld's scenarios as values: read as they are, and stepped. No I/O, no clock.
 *
 *     readScenario --> Scenario --> Emulation { network, step() } --> who carries it out
 */
export * from './addresses.ts'
export * from './bridges.ts'
export * from './commands.ts'
export * from './emulation.ts'
export * from './formats.ts'
export * from './jsonc.ts'
export * from './keys.ts'
export * from './lab-model.ts'
export * from './models.ts'
export * from './motion.ts'
export * from './names.ts'
export * from './network.ts'
export * from './scenario.ts'
export * from './wiring.ts'
