/** Results in the XML that JUnit made common. Pure. */
import type { Outcome } from './expect.ts'

/** One suite. */
export const junit = (name: string, outcomes: readonly Outcome[]): string => {
  const failures = outcomes.filter(({ failure }) => failure !== null).length
  const seconds = outcomes.reduce((sum, one) => sum + one.seconds, 0)
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escaped(name)}" tests="${outcomes.length}" failures="${failures}" time="${seconds.toFixed(3)}">`,
    ...outcomes.map((one) => testcase(name, one)),
    '</testsuite>',
    ''
  ].join('\n')
}

const testcase = (suite: string, { text, failure, seconds }: Outcome): string => {
  const head = `  <testcase classname="${escaped(suite)}" name="${escaped(text)}" time="${seconds.toFixed(3)}"`
  return failure === null ? `${head}/>` : `${head}><failure message="${escaped(failure)}"/></testcase>`
}

const NAMES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\n': '&#10;' }

/** Control characters have no spelling in XML at all. */
const escaped = (text: string): string =>

  text.replace(/[&<>"\n]/g, (c) => NAMES[c]!).replace(/[\0-\x08\x0b-\x1f]/g, '?')
