/** Files of others about radio networks, as text: topologies of CORE, traces in GPX. Whoever has the file reads it. */
export * from './core.ts'
export * from './gpx.ts'
export * from './xml.ts'
