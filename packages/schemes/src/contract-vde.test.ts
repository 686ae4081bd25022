import { connectionContract } from './testing-connection.ts'

connectionContract('vde', (sink, onLink) => ({
  admit: () => ({ name: '001.1', place: {}, sink, start (link) { onLink(link) }, abort () {} })
}))
