export * from './link.ts'
export * from './errors.ts'
export * from './loop.ts'
export * from './memory.ts'
