/**
 * Radio networks as data: who hears whom, how well, at which step.
 *
 *     Motion --step--> Distances --StepEngine, QualityModel--> Change[] --> the medium
 */
export * from './distances.ts'
export * from './equal.ts'
export * from './geodesic.ts'
export * from './models/range.ts'
export * from './models/wifi.ts'
export * from './motion.ts'
export * from './positions.ts'
export * from './quality.ts'
export * from './round.ts'
export * from './steps.ts'
