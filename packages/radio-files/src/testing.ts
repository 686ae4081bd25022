/** CORE files for tests, written from edges or places. */

/** Edges of the five reference topologies of five hosts. */
export const SHAPES = {
  chain: '12 23 34 45',
  clique: '12 13 14 15 23 24 25 34 35 45',
  cycle: '12 23 34 45 15',
  star: '12 13 14 15',
  wheel: '12 13 14 15 23 34 45 25'
} as const

/** A file of the old schema with a channel per edge: `12` is between n1 and n2. */
export const coreOf = (edges: string): string => {
  const channels = edges.split(' ').filter((edge) => edge !== '').map((edge, i) =>
    `  <network id="net${i}"><type>ethernet</type><member type="channel">net${i}/chan0</member><channel id="net${i}/chan0">\n` +
    [...edge].map((id, k) => `    <member index="${k}" type="interface">n${id}/eth${k}</member>\n`).join('') +
    '  </channel></network>\n')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario version="1.0" xmlns="nmfPlan">\n${channels.join('')}</scenario>\n`
}

/** A file of the old schema with hosts at these degrees. */
export const coreAt = (places: ReadonlyArray<readonly [number, number]>): string =>
  `<scenario version="1.0">\n${places.map(([lat, lon], i) => `  <host name="h${i}"><point lat="${lat}" lon="${lon}"/></host>\n`).join('')}</scenario>\n`
