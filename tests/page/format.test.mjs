import assert from 'node:assert/strict';
import { test } from 'node:test';
import { age, baseName, clause, clock, counted, duration, instant, list, printable, sentence, some } from '../../src/page/format.mjs';

const table = (name, of, cases) => test(name, () => {
  for (const [input, expected] of cases) assert.equal(of(...[input].flat()), expected, `of ${JSON.stringify(input)}`);
});

table('durations have a unit that fits', duration, [
  [0, '0.0 ms'], [0.44, '0.4 ms'], [12.4, '12 ms'], [999, '999 ms'], [1240, '1.2 s'], [12_400, '12 s'], [61_000, '1 min'],
  [null, '–'], [undefined, '–'], [NaN, '–'], ['12', '–'],
]);

table('ages have two units at most', age, [
  [-5, '0 s'], [9_999, '9 s'], [60_000, '1 min'], [3_600_000, '1 h'], [7_500_000, '2 h 5 min'], [86_400_000, '1 d'],
  [100_000_000, '1 d 3 h'], [null, '–'],
]);

table('instants are of ISO times only', instant, [
  ['2026-01-02T03:04:05.678Z', 1767323045678], ['yesterday', null], [null, null], [12, null],
]);

test('a time of another day has its date', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
  assert.equal(clock(at, at + 1000), '03:04:05');
  assert.equal(clock(at, at + 86_400_000), '2026-01-02 03:04:05');
  assert.equal(clock(null), '–');
});

table('counts', counted, [[[1, 'server'], '1 server'], [[5000, 'server'], '5,000 servers'], [[2, 'HAProxy', 'HAProxies'], '2 HAProxies']]);
table('lists', list, [[[[]], ''], [[['a']], 'a'], [[['a', 'b', 'c']], 'a, b and c']]);
table('long lists are cut', some, [[[['a', 'b', 'c', 'd']], 'a, b, c and d'], [[['a', 'b', 'c', 'd', 'e']], 'a, b, c and 2 more']]);
table('base names', baseName, [['/etc/haproxy/haproxy.cfg', 'haproxy.cfg'], ['a', 'a'], ['/', '/']]);
table('clauses', clause, [['it failed. ', 'it failed'], [null, '']]);

table('sentences', sentence, [['key /a is bad', 'Key /a is bad.'], ['web1 is bad.', 'web1 is bad.'], ['is it?', 'Is it?'], [null, '']]);

table('what could move or hide text is spelled out', printable, [
  ['web1', 'web1'], ['a\nb', 'a\\u{a}b'], ['\u001b[31m', '\\u{1b}[31m'], ['a\u202eb', 'a\\u{202e}b'], ['<b>ü</b>', '<b>ü</b>'],
  ['a\u200bb', 'a\\u{200b}b'],
]);
