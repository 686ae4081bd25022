export * from './node/control.ts'
export * from './node/ids.ts'
export * from './node/node.ts'
export * from './node/start.ts'
