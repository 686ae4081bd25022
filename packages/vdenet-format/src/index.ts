/** Files of declared networks: {@link readNetwork} makes a model of one, {@link SCHEMA} is what they look like. */
export * from './expectations.ts'
export * from './read.ts'
export * from './schema.ts'
