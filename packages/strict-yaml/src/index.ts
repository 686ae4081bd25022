/** YAML files checked against a JSON Schema: {@link checkerOf} makes a reader, findings say what is wrong and where. */
export * from './finding.ts'
export * from './read.ts'
export * from './write.ts'
