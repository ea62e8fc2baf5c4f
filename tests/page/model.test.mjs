import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyAway, applyChange, applyMissed, applyPhases, applyServers, applyStatus, applySummary, createModel, eachServer, haproxiesOf,
} from '../../src/page/model.mjs';
import { FakeHitlessd } from './fake_hitlessd.mjs';
import { dest, server, socket } from './fake_status.mjs';

const now = Date.parse('2026-01-02T03:00:00Z');

function modelOf(scenario) {
  const model = createModel();
  applyStatus(model, new FakeHitlessd(scenario).status(), now);
  return model;
}

const names = (model) => {
  const all = [];
  eachServer(model, (one, backend) => all.push(`${backend}/${one.name}`));
  return all;
};

const change = (id, time = `2026-01-02T03:00:0${id}.000Z`) => ({ id, time, object: { kind: 'server', scope: 'app', name: 'web1' }, action: 'add' });

test('/status is taken in', () => {
  const model = modelOf('busy');
  assert.equal(names(model).length, 80);
  assert.equal(haproxiesOf(model).length, 2);
  assert.equal(model.summary.resources[0].haproxies[0].backends, undefined);
});

test('servers come, change and go; a whole list takes the place of all', () => {
  const model = modelOf('empty');
  const send = (backends, whole = false) => applyServers(model, { resource: dest, haproxy: socket, backends, whole }, now);
  send([{ name: 'app', servers: [server('web1', 1), server('web2', 2)] }], true);
  send([{ name: 'app', servers: [server('web2', 9)], gone: ['web1'] }]);
  assert.deepEqual(names(model), ['app/web2']);
  assert.equal(haproxiesOf(model)[0].fleet.backends.get('app').get('web2').running.address, '10.0.0.9:8080');
  send([{ name: 'api', servers: [server('a', 1)] }], true);
  assert.deepEqual(names(model), ['api/a']);
  send([{ name: 'api', servers: [], deleted: true }]);
  assert.deepEqual(names(model), []);
});

test('a HAProxy that is no longer kept goes with its servers', () => {
  const model = modelOf('busy');
  const { summary } = model;
  summary.resources[0].haproxies.pop();
  applySummary(model, summary, now);
  assert.equal(model.fleets.size, 1);
});

test('a change is known by its id and time, and the last 200 are kept, in order', () => {
  const model = modelOf('empty');
  assert.ok(applyChange(model, change(2), now));
  assert.equal(applyChange(model, change(2), now), null);
  assert.ok(applyChange(model, change(1), now));
  assert.deepEqual(model.changes.map((c) => c.id), [1, 2]);
  for (let i = 10; i < 250; i += 1) applyChange(model, change(i, `2026-01-02T03:01:00.${String(i).padStart(3, '0')}Z`), now);
  assert.equal(model.changes.length, 200);
  assert.equal(model.changes[0].id, 50);
});

test('phases that are known later come to their change', () => {
  const model = modelOf('empty');
  applyChange(model, { ...change(1), phases_ms: { render: 1, read_back: null } }, now);
  applyChange(model, change(2), now);
  const { changesVersion } = model;
  const amended = applyPhases(model, { changes: [{ id: 1, phases_ms: { render: 1, read_back: 2 } }, { id: 9, phases_ms: {} }, null] }, now);
  assert.deepEqual(amended.map((one) => one.id), [1]);
  assert.equal(model.changes[0].phases_ms.read_back, 2);
  assert.ok(model.changesVersion > changesVersion);
});

test('another process is told by its start, once, and its ids begin anew', () => {
  const fake = new FakeHitlessd('empty');
  const model = createModel();
  applyStatus(model, fake.status(), now);
  applyChange(model, change(1), now);
  fake.site.started = '2030-01-01T00:00:00.000Z';
  applyMissed(model, { process: fake.site.started }, now);
  assert.equal(applySummary(model, fake.summary(), now), false, 'told already');
  assert.ok(applyChange(model, change(1, '2030-01-01T00:00:01.000Z'), now));
  assert.deepEqual(model.changes.map((c) => c.marker ?? c.id).sort(), [1, 1, 'restarted']);
  fake.site.started = '2031-01-01T00:00:00.000Z';
  assert.equal(applySummary(model, fake.summary(), now), true);
  applyMissed(model, { process: fake.site.started }, now);
  assert.equal(model.changes.filter((c) => c.marker === 'gap').length, 1);
});

test('what was known stays while hitlessd is away', () => {
  const model = modelOf('busy');
  applyAway(model, now + 1);
  applyAway(model, now + 2);
  assert.equal(model.awaySince, now + 1);
  assert.equal(names(model).length, 80);
  applySummary(model, new FakeHitlessd('busy').summary(), now + 3);
  assert.equal(model.awaySince, null);
});

test('garbage does no harm', () => {
  const model = createModel();
  for (const garbage of [null, 7, 'x', [], {}, { resources: 5 }, { resources: [null, {}, { haproxies: [null, {}] }] }]) {
    applyStatus(model, garbage, now);
    applySummary(model, garbage, now);
    applyServers(model, garbage, now);
    applyChange(model, garbage, now);
    applyMissed(model, garbage, now);
    applyPhases(model, garbage, now);
  }
  applyServers(model, { resource: dest, haproxy: socket, backends: [null, { servers: [null, {}, 3] }] }, now);
  assert.ok(model.version > 0);
});

test('names that objects have of their own are names like others', () => {
  const model = modelOf('empty');
  applyServers(model, { resource: dest, haproxy: socket, whole: true, backends: [
    { name: '__proto__', servers: [server('constructor', 1), server('toString', 2)] }] }, now);
  assert.deepEqual(names(model), ['__proto__/constructor', '__proto__/toString']);
});
