/**
 * Radio networks: who hears whom, how well, at which step.
 *
 *     Motion --step--> Distances --StepEngine, QualityModel--> Change[] --> Medium, which carries frames
 */
export * from './chance.ts'
export * from './distances.ts'
export * from './equal.ts'
export * from './geodesic.ts'
export * from './medium/ear.ts'
export * from './medium/medium.ts'
export * from './medium/station.ts'
export * from './models/around.ts'
export * from './models/log-distance.ts'
export * from './models/range.ts'
export * from './models/table.ts'
export * from './models/wifi.ts'
export * from './motion/csv.ts'
export * from './motion/motion.ts'
export * from './motion/sequence.ts'
export * from './motion/trace.ts'
export * from './motion/walks.ts'
export * from './positions.ts'
export * from './quality.ts'
export * from './round.ts'
export * from './spec.ts'
export * from './steps.ts'
