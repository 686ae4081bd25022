export * from './offload.ts'
export * from './octets.ts'
export * from './control.ts'
export * from './stream.ts'
