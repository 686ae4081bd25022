/**
 * Declared networks as values.
 *
 *     reader (YAML, lsctl) --> Model --validate--> Problem[]
 *                               |  \
 *                  running Model --diff--> Plan --> whoever makes it real, step by step
 *
 * model.ts has the objects, firewall.ts what ports let pass, expectation.ts what must hold; plan.ts the steps. All of it is
 * plain JSON. A realiser walks `plan.steps` and needs nothing else; a first start is the plan from {@link emptyModel}.
 */
export * from './address.ts'
export * from './apply.ts'
export * from './diff.ts'
export * from './equal.ts'
export * from './expectation.ts'
export * from './firewall.ts'
export * from './mac-of.ts'
export * from './model.ts'
export * from './mtu.ts'
export * from './network.ts'
export * from './objects.ts'
export * from './plan-text.ts'
export * from './plan.ts'
export * from './problem.ts'
export * from './result.ts'
export * from './validate.ts'
