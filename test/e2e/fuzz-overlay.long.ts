/** The inputs of fuzz-overlay.e2e.ts, a million for each receive path. */
process.env['E2E_INPUTS'] ??= '5000000'
await import('./fuzz-overlay.e2e.ts')
