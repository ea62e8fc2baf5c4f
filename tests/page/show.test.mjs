// What is drawn, as far as it is arithmetic: the fleet's rows, the virtual list, the histogram, the way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failures, fleetRows, matcher, scopeCounts } from '../../src/page/fleet_rows.mjs';
import { bars, bound, propagationWords, rangeWords } from '../../src/page/histogram.mjs';
import { applyStatus, createModel } from '../../src/page/model.mjs';
import { moveSelection, scrollToRow, visibleRows } from '../../src/page/virtual.mjs';
import { journey, layout, pathData, wayOf } from '../../src/page/way.mjs';
import { FakeHitlessd } from './fake_hitlessd.mjs';
import { dest, propagation, server, socket } from './fake_status.mjs';

const now = Date.now();

function modelOf(scenario) {
  const model = createModel();
  applyStatus(model, new FakeHitlessd(scenario).status(), now);
  return model;
}

const view = (more = {}) => ({ filter: '', scope: 'all', sort: { key: 'name', descending: false }, folded: new Set(), haproxy: '', ...more });
const names = (rows) => rows.filter((r) => r.level === 2).map((r) => r.server.name);

test('the fleet is a tree of backends and servers, in the order of people', () => {
  const { rows, shown, total } = fleetRows(modelOf('busy'), view({ haproxy: socket }));
  assert.deepEqual([shown, total], [40, 40]);
  assert.deepEqual(rows.filter((r) => r.level === 1).map((r) => r.backend), ['api', 'app', 'static']);
  assert.deepEqual(names(rows).slice(12, 15), ['web1', 'web2', 'web3']);
  assert.equal(names(rows)[21], 'web10');
});

test('folded backends have no rows', () => {
  const model = modelOf('busy');
  const all = fleetRows(model, view({ haproxy: socket }));
  const folded = fleetRows(model, view({ haproxy: socket, folded: new Set([all.rows[0].id]) }));
  assert.equal(folded.rows.length, all.rows.length - 12);
  assert.equal(folded.rows[0].open, false);
});

test('what is down comes first when sorted by state', () => {
  const { rows } = fleetRows(modelOf('trouble'), view({ haproxy: socket, sort: { key: 'state', descending: false } }));
  assert.equal(rows.find((r) => r.level === 1).worst, 0);
  const app = rows.filter((r) => r.level === 2 && r.backend === 'app').map((r) => r.server.name);
  assert.deepEqual(app.slice(0, 7), ['web7', 'web8', 'web9', 'web10', 'web11', 'web12', 'web2']);
});

test('sorted by numbers', () => {
  const { rows } = fleetRows(modelOf('trouble'), view({ haproxy: socket, sort: { key: 'sessions', descending: true } }));
  assert.deepEqual(names(rows).slice(0, 2), ['web6', 'web5']);
});

test('only what is not well', () => {
  const found = fleetRows(modelOf('trouble'), view({ scope: 'problems', haproxy: socket }));
  assert.deepEqual(names(found.rows), ['web2', 'web6', 'web7', 'web8', 'web9', 'web10', 'web11', 'web12', 'web20', 'web21', 'cdn1', 'cdn2', 'cdn3', 'cdn4']);
  assert.deepEqual(scopeCounts(modelOf('trouble')), { all: 80, problems: 14, hand: 1, leaving: 1 });
});

test('the filter', () => {
  const web1 = server('web1', 1);
  for (const [filter, expected] of [['', true], ['EB1', true], ['app/w', true], ['10.0.0.1:', true], ['/app/servers', true],
    ['app/web?', true], ['web*', false], ['*/web*', true], ['app.web1', false], ['a(p', false], ['[*', false]])
    assert.equal(matcher(filter)(web1, 'app'), expected, filter);
});

test('failures are rolled up', () => {
  assert.deepEqual(failures(modelOf('busy')), []);
  assert.deepEqual(failures(modelOf('trouble')).map((f) => `${f.names.length} ${f.state} ${f.backend} ${f.check}`),
    ['5 down app L4CON', '4 down static L7STS/503', '1 not there app ', '1 drain app ']);
});

test('5,000 servers are sorted and filtered within the time of a few frames', () => {
  const model = modelOf('large');
  const begun = performance.now();
  assert.equal(fleetRows(model, view({ filter: 'node49' })).total, 5000);
  // A second is far more than it takes anywhere; work that grew with the square would take longer.
  assert.ok(performance.now() - begun < 1000);
});

test('only rows in sight are drawn', () => {
  const at = (scrollTop, more) => visibleRows({ count: 5000, rowHeight: 30, scrollTop, height: 600, overscan: 5, ...more });
  assert.deepEqual(at(0), { first: 0, last: 25, top: 0, total: 150_000 });
  assert.deepEqual(at(3000), { first: 95, last: 125, top: 2850, total: 150_000 });
  assert.deepEqual(at(1e9), { first: 4975, last: 5000, top: 149_250, total: 150_000 });
  assert.deepEqual(at(-50), at(0));
  assert.deepEqual(at(0, { count: 0 }), { first: 0, last: 0, top: 0, total: 0 });
});

test('the selection moves, and is scrolled into sight', () => {
  const move = (key, index) => moveSelection(key, { index, count: 100, page: 10 });
  assert.deepEqual([move('ArrowDown', -1), move('ArrowDown', 99), move('ArrowUp', 0), move('PageDown', 5), move('Home', 50), move('End', 5), move('x', 5)],
    [0, 99, 0, 15, 0, 99, null]);
  assert.equal(moveSelection('ArrowDown', { index: -1, count: 0, page: 1 }), null);
  const scroll = (index) => scrollToRow({ index, rowHeight: 30, scrollTop: 300, height: 300 });
  assert.deepEqual([scroll(0), scroll(12), scroll(19), scroll(20)], [0, 300, 300, 330]);
});

test('the histogram', () => {
  assert.deepEqual(bars(null), []);
  assert.deepEqual(bars(propagation([])), []);
  const all = bars(propagation([0, 2, 8, 4]));
  assert.deepEqual(all.map((b) => [rangeWords(b), b.count, b.part]), [['0.5 ms to 1 ms', 2, 0.25], ['1 ms to 2 ms', 8, 1], ['2 ms to 3 ms', 4, 0.5]]);
  assert.equal(rangeWords(bars(propagation([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3]))[0]), 'over 250 ms');
  assert.equal(rangeWords({ fromMs: 0, toMs: 1 }), 'up to 1 ms');
  assert.equal(bound(2500), '2.5 s');
  assert.match(propagationWords(propagation([1, 1])), /^Of 2 changes/);
  assert.match(propagationWords(null), /^No change/);
});

test('the way has a station for each part, across the page and down', () => {
  const way = wayOf(modelOf('trouble'), now);
  for (const width of [1280, 328]) {
    const { stations, lines, height } = layout(way, width);
    assert.deepEqual(stations.map((s) => s.id).sort(), ['file 0', 'haproxy 0 0', 'haproxy 0 1', 'keys', 'plan 0', 'template 0']);
    assert.deepEqual(lines.filter((l) => l.tone === 'bad').map((l) => l.id), ['plan 0>haproxy 0 1']);
    for (const { x, y } of stations) assert.ok(x >= 8 && x <= width - 8 && y >= 8 && y < height, `${x} ${y}`);
  }
  assert.equal(pathData([[0, 0], [10, 0]]), 'M0 0L10 0');
  assert.match(pathData([[0, 0], [50, 0], [50, 50]]), /^M0 0L36 0Q50 0 50 14L50 50$/);
});

test('many HAProxies and resources don’t flood the picture', () => {
  const model = modelOf('busy');
  const [resource] = model.summary.resources;
  resource.haproxies = Array.from({ length: 9 }, (_, i) => ({ ...resource.haproxies[0], socket: `/s${i}` }));
  model.summary.resources = Array.from({ length: 8 }, (_, i) => ({ ...resource, dest: `/d${i}` }));
  const way = wayOf(model, now);
  assert.deepEqual([way.rows.length, way.more, way.rows[0].ends.length], [3, 5, 6]);
  assert.equal(way.rows[0].ends[4].label, 'and 5 more');
});

test('where a change goes', () => {
  const { summary } = modelOf('busy');
  const to = (action, more = {}) => journey({ action, resource: dest, haproxy: socket, result: 'done', ...more }, summary);
  assert.deepEqual(to('add'), { lines: ['keys>template 0', 'template 0>plan 0', 'plan 0>haproxy 0 0'], end: 'haproxy 0 0', result: 'good' });
  assert.equal(to('add', { result: 'refused' }).result, 'bad');
  assert.equal(to('write', { haproxy: null }).end, 'file 0');
  assert.equal(to('left_out').end, 'template 0');
  assert.equal(to('hold').end, 'plan 0');
  assert.deepEqual(to('repair').lines, ['plan 0>haproxy 0 0']);
  assert.deepEqual(to('lost').lines, []);
  assert.equal(to('add', { resource: '/another' }), null);
});
