/** LSDN's scripts: {@link Lsctl} runs them, {@link showTcl} and {@link showJson} print networks as LSDN did. */
export * from './lsctl.ts'
export * from './show-json.ts'
export * from './show-tcl.ts'
