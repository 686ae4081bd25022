/** The inputs of fuzz.e2e.ts, a million for each parser and each receive path. */
process.env['E2E_INPUTS'] ??= '5000000'
await import('./fuzz.e2e.ts')
