import neostandard from 'neostandard'

// The house style is standard style; the rules below are the pitfalls that cost us something, each with its reason.
export default [
  ...neostandard({ ts: true, ignores: ['**/dist/**', '**/build/**', 'tools/bench/results/**'] }),
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.js'],
    rules: {
      // Errors on the data path are negative integers; elsewhere a thrown value must carry a stack.
      'no-throw-literal': 'error',
      // Bytes are bitwise business, and void marks a promise that is left alone on purpose.
      'no-void': 'off',
      'no-control-regex': 'off',
      '@stylistic/max-len': ['error', { code: 130, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true }]
    }
  }
]
