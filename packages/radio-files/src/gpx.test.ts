import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readGpxTrace } from './gpx.ts'

const test = suite('readGpxTrace')

const GPX = `<?xml version="1.0"?>
<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">
  <wpt lat="50" lon="8"><name>base</name></wpt>
  <trk><name>a</name><trkseg>
    <trkpt lat="50.1" lon="8.1"><ele>120</ele><time>2026-01-31T12:00:10Z</time></trkpt>
    <trkpt lat="50.2" lon="8.2"><time>2026-01-31T12:00:20.5Z</time></trkpt>
  </trkseg></trk>
  <trk><name>b</name><trkseg>
    <trkpt lat="-1" lon="-2"><time>2026-01-31T14:00:00+02:00</time></trkpt>
  </trkseg></trk>
</gpx>`

test('tracks are ways in seconds from the earliest point, waypoints stand', () => {
  const { space, ways } = readGpxTrace(GPX, 't.gpx')
  assert.is(space, 'globe')
  assert.equal([...ways].map(([node, { times }]) => [node, [...times]]), [['a', [10, 20.5]], ['b', [0]], ['base', [0]]])
  assert.equal([...ways.get('a')!.points], [50.1, 8.1, 120, 50.2, 8.2, 0])
})

for (const [change, wrong] of [
  [['</gpx>', '</gpy>'], /^Cannot read t: line 11: Expected closing tag 'gpx'/],
  [[/gpx/g, 'kml'], /found the element "kml", want "gpx"/],
  [['<name>a</name>', ''], /line 4: found a trk without a name/],
  [['<time>2026-01-31T12:00:20.5Z</time>', ''], /line 6: found a point without a time/],
  [['2026-01-31T12:00:10Z', 'noon'], /line 5: found the time "noon"/],
  [['2026-01-31T12:00:10Z', '2026-13-31T12:00:10Z'], /found the time "2026-13-31T12:00:10Z"/],
  [['12:00:20.5Z', '12:00:05Z'], /^Cannot read t: line 6: found a at 5 s after 10 s of line 5, want a time that is later$/],
  [['lat="50.1"', 'lat="95"'], /line 5: found 95,8.1,120, want a latitude/],
  [['lat="50.1"', ''], /line 5: found lat none, want a number/],
  [['<ele>120</ele>', '<ele>high</ele>'], /found ele "high"/]
] as const) {
  test(`refuses ${String(change[0])} as ${change[1]}`, () => {
    const text = GPX.replace(change[0], change[1])
    assert.not.equal(text, GPX)
    assert.throws(() => readGpxTrace(text, 't'), (error: Error) => error instanceof SyntaxError && wrong.test(error.message))
  })
}

test('a file without a track is refused', () => {
  assert.throws(() => readGpxTrace('<gpx><rte><name>x</name></rte></gpx>', 't'), /found no track and no waypoint/)
})

test('every truncation is a SyntaxError', () => {
  for (let cut = 0; cut < GPX.length; cut += 5) assert.throws(() => readGpxTrace(GPX.slice(0, cut), 't'), (error: Error) => error instanceof SyntaxError)
})

test.run()
