export * from './failure.ts'
export * from './name.ts'
export * from './persistent.ts'
export * from './tap.ts'
