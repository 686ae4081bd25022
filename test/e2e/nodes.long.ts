/** nodes.e2e.ts with ten seconds of traffic around the end of a cable, and ten of rest with a thousand hostile clients. */
process.env['E2E_LONG'] = '1'
await import('./nodes.e2e.ts')
