// What the page says: the verdict, what waits, explanations, changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { censusOf } from '../../src/page/census.mjs';
import { explain } from '../../src/page/explain.mjs';
import { find } from '../../src/page/find.mjs';
import { applyAway, applyStatus, createModel } from '../../src/page/model.mjs';
import { factsOf, sinceWords, spoken, verdictOf } from '../../src/page/verdict.mjs';
import { waitsOf } from '../../src/page/waits.mjs';
import { actionWords, changeName, changeTone, objectName, remarkOf } from '../../src/page/words.mjs';
import { FakeHitlessd } from './fake_hitlessd.mjs';
import { iso, put, server } from './fake_status.mjs';

const now = Date.now();

/** A site with these servers in backend app, after `change` of it. */
function modelOf(scenario, change = () => {}) {
  const fake = new FakeHitlessd(scenario);
  change(fake.site, fake);
  const model = createModel();
  applyStatus(model, fake.status(), now);
  return model;
}

const resourceWith = (more) => (site) => Object.assign(site.resources[0], more);

test('the verdict', () => {
  const cases = [
    ['empty', () => {}, 'good', 'In step', /no server/],
    ['busy', () => {}, 'good', 'In step', /2 HAProxies run what the keys want: 40 servers in 3 backends/],
    ['busy', (s) => { s.state = 'starting'; s.reasons = ['the first snapshot is read']; }, 'wait', 'hitlessd starts', /first snapshot/],
    ['busy', (s) => { s.state = 'ending'; }, 'wait', 'hitlessd ends', /goes on/],
    ['busy', (s) => { s.state = 'working'; s.state_since = iso(now - 200); }, 'good', 'In step', /./],
    ['busy', (s) => { s.state = 'working'; s.state_since = iso(now - 9000); s.resources[0].haproxies[0].queued = 3; }, 'wait', 'Catching up', /3 servers/],
    ['busy', (s) => { s.state = 'degraded'; s.reasons = ['a disk is full']; }, 'bad', 'Something is wrong', /a disk is full\./],
    ['busy', (s) => { s.registry.connected = false; s.registry.trouble = 'refused'; }, 'bad', 'The keys can’t be read', /: refused\. HAProxy goes on/],
    ['trouble', () => {}, 'bad', 'HAProxy edge2.sock is away', /no such file/],
    ['busy', resourceWith({ check_refused: 'line 7' }), 'bad', 'The new haproxy.cfg was refused', /line 7/],
    ['busy', resourceWith({ reload: { owed: true, obstacles: [], last: { result: 'failed' } } }), 'bad', 'The reload failed', /still gets its servers live/],
    ['busy', resourceWith({ reload: { owed: false, obstacles: [], last: { result: 'failed' } } }), 'good', 'In step', /./],
    ['busy', resourceWith({ troubles: [{ source: 'haproxy', message: 'what is held stays' }, { source: 'haproxy', message: 'x' }] }), 'bad', 'HAProxy doesn’t get everything', /What is held stays\. And 1 more\./],
    ['busy', resourceWith({ troubles: [{ source: 'keys', message: 'no key /app/port' }] }), 'bad', 'haproxy.cfg can’t be made', /No key \/app\/port\./],
    ['busy', resourceWith({ held: { why: 'too many', until: null, changes: [] } }), 'wait', 'A change is held', /too many/],
    ['busy', resourceWith({ reload: { owed: true, obstacles: [{ words: 'a line' }] } }), 'wait', 'A reload is owed', /a line/],
    ['busy', resourceWith({ left_out: [{ key: '/a/b', why: 'bad' }] }), 'wait', 'In step, but a key is left out', /\/a\/b/],
  ];
  for (const [scenario, change, tone, title, what] of cases) {
    const verdict = verdictOf(modelOf(scenario, change), now);
    assert.deepEqual([verdict.tone, verdict.title], [tone, title]);
    assert.match(verdict.what, what);
  }
});

test('the worst comes first, and the rest behind it', () => {
  const verdict = verdictOf(modelOf('trouble'), now);
  assert.deepEqual(verdict.more.map((p) => p.title),
    ['Backend static has no server up', 'A change is held', 'A reload is owed', 'Not in step', 'A key is left out']);
  assert.match(spoken(verdict), /^HAProxy edge2\.sock is away\. .* Also: Backend static/);
});

test('a hitlessd that is away is worse than all that it said', () => {
  const model = modelOf('trouble');
  applyAway(model, now);
  const verdict = verdictOf(model, now);
  assert.deepEqual([verdict.tone, verdict.title, verdict.since], ['away', 'hitlessd is away', now + model.clockOffset]);
  const fresh = createModel();
  assert.equal(verdictOf(fresh, now).title, 'Asking hitlessd …');
  applyAway(fresh, now);
  assert.equal(verdictOf(fresh, now).title, 'hitlessd doesn’t answer');
});

test('counts and facts', () => {
  const model = modelOf('trouble');
  const { servers, up, backends, haproxies } = censusOf(model);
  assert.deepEqual({ servers, up, backends, haproxies }, { servers: 40, up: 29, backends: 3, haproxies: 2 });
  assert.match(factsOf(model, now)[0], /^29 of 40 servers up$/);
  assert.equal(sinceWords(null, now), '');
});

test('what waits', () => {
  assert.deepEqual(waitsOf(modelOf('busy'), now), []);
  const groups = waitsOf(modelOf('trouble'), now);
  assert.deepEqual(groups.map((g) => g.kind), ['held', 'owed', 'left_out', 'hand', 'waits', 'leaving']);
  const text = JSON.stringify(groups);
  for (const part of ['api/api-3 would go', '+ balance leastconn', '10.0.0.300', 'because: new disk', 'still 2 connections', 'option cookie'])
    assert.ok(text.includes(part), part);
});

/** The explanation of app/web1 after `change` of it. */
function explained(change, siteChange = () => {}) {
  const model = modelOf('empty', (site) => {
    const one = server('web1', 1);
    change(one);
    put(site.resources[0].haproxies[0], 'app', [one, server('web2', 2), server('web3', 3)]);
    siteChange(site);
  });
  return explain(find(model, 'app/web1').matches[0], model, now);
}

test('why a server gets no traffic', () => {
  const running = (more) => (one) => Object.assign(one.running, more);
  const absent = (more = {}) => (one) => Object.assign(one, { running: null }, more);
  const resource = (more) => (site) => Object.assign(site.resources[0], more);
  const cases = [
    ['all well', () => {}, 'app/web1 gets new requests', /weight 1: about 33\.3 %/],
    ['no check', running({ state: 'no check' }), 'app/web1 gets new requests', /without a check/],
    ['queue', running({ queue: 2 }), 'app/web1 gets new requests', /2 requests wait/],
    ['down', running({ state: 'down', last_check: 'L4TOUT in 2001ms' }), 'app/web1 gets no new requests', /check fails .*no connection within the time-out/],
    ['starting', running({ state: 'starting' }), 'app/web1 gets no new requests', /first good check/],
    ['maint', running({ state: 'maint' }), 'app/web1 gets no new requests', /maintenance \(maint\)/],
    ['drain', running({ state: 'drain' }), 'app/web1 gets no new requests', /in drain/],
    ['weight 0', running({ weight: 0 }), 'app/web1 gets no new requests', /weight is 0/],
    ['by hand', (one) => { one.running.state = 'drain'; one.by_hand = { state: 'drain', until: null, because: 'new disk' }; },
      'app/web1 gets no new requests', /by hand: drain, because: new disk/],
    ['leaving', (one) => { one.wanted = null; one.leaving = { since: iso(now - 5000), until: null, sessions: 4 }; },
      'app/web1 gets no new requests', /no longer wanted.*there are 4/],
    ['not wanted', (one) => { one.wanted = null; one.running = null; }, 'app/web1 gets no new requests', /No key wants it/],
    ['needs a reload', absent({ obstacle: 'its option cookie' }), 'app/web1 gets no new requests', /can’t add it while it runs: its option cookie/],
    ['waits', absent({ waits: 'for web9 to go' }), 'app/web1 gets no new requests', /waits: for web9 to go/],
    ['queued', absent({ queued: 'changed' }), 'app/web1 gets no new requests', /on its way/],
    ['missing', absent({ differs: 'HAProxy doesn’t have it' }), 'app/web1 gets no new requests', /^The keys want app\/web1, but HAProxy doesn’t have it\.$/],
    ['not wanted any more', (one) => { one.wanted = null; }, 'app/web1 gets new requests', /keys don’t want it/],
    ['held by its backend', absent(), 'app/web1 gets no new requests', /A guard holds/, resource({ held: { why: 'x', until: null, changes: ['backend app would have 0 of 4 servers left'], objects: [] } })],
    ['held by its words', absent(), 'app/web1 gets no new requests', /A guard holds.*too many/, resource({ held: { why: 'too many', until: null, changes: ['add app/web1'], objects: [] } })],
    ['held by its object', absent(), 'app/web1 gets no new requests', /A guard holds/, resource({ held: { why: 'too many', until: null, changes: [], objects: [{ scope: 'app', name: 'web1' }] } })],
    ['another is held', absent(), 'app/web1 gets no new requests', /doesn’t have it/, resource({ held: { why: 'too many', until: null, changes: ['add app/web11'], objects: [] } })],
    ['left out', absent(), 'app/web1 gets no new requests', /bad value keeps it out.*No address/, resource({ left_out: [{ key: '/app/servers/web1', why: 'no address' }] })],
    ['away', absent(), 'app/web1 gets no new requests', /HAProxy doesn’t answer: refused/, (site) => Object.assign(site.resources[0].haproxies[0], { connected: false, trouble: 'refused' })],
    ['another address', running({ address: '10.9.9.9:80' }), 'app/web1 gets new requests', /keys want 10\.0\.0\.1:8080/],
  ];
  for (const [name, change, title, sentence, siteChange] of cases) {
    const found = explained(change, siteChange);
    assert.equal(found.title, title, name);
    assert.match(found.sentences.join(' '), sentence, name);
  }
});

test('two HAProxies may see a server in two ways', () => {
  const model = modelOf('trouble');
  const found = explain(find(model, 'app/web7').matches[0], model, now);
  assert.equal(found.title, 'app/web7 gets no new requests');
  assert.match(found.sentences.join(' '), /At admin\.sock: Its check fails.*At edge2\.sock: HAProxy is away/);
  const other = explain(find(model, 'api/api-1').matches[0], model, now);
  assert.equal(other.title, 'api/api-1 gets requests from 1 of 2 HAProxies');
});

test('what is typed is found', () => {
  const model = modelOf('trouble');
  const first = (text) => {
    const [match] = find(model, text).matches;
    return match && `${match.kind} ${match.backend}/${match.name}`;
  };
  assert.equal(first('web7'), 'server app/web7');
  assert.equal(first('APP/WEB7'), 'server app/web7');
  assert.equal(first('10.0.0.6:8080'), 'server app/web7');
  assert.equal(first('/app/servers/web7'), 'server app/web7');
  assert.equal(first('static'), 'backend static/');
  assert.equal(first('web31'), 'left_out //app/servers/web31');
  assert.equal(first('nobody'), undefined);
  assert.equal(first('  '), undefined);
  assert.ok(find(model, 'web').total > 20);
  assert.match(explain(find(model, 'static').matches[0], model, now).title, /^backend static: 4 of 8 servers up$/);
});

test('a change in words', () => {
  const object = { kind: 'server', scope: 'app', name: 'web1' };
  assert.equal(objectName(object), 'app/web1');
  assert.equal(objectName({ kind: 'file', scope: '', name: '/etc/haproxy.cfg' }), 'haproxy.cfg');
  assert.deepEqual([{ action: 'add', result: 'done' }, { action: 'add', result: 'refused' }, { action: 'lost', result: 'done' },
    { action: 'repair', result: 'done' }, { action: 'left_out', result: 'refused' }, { action: 'never heard of', result: 'done' }].map((c) => [actionWords(c), changeTone(c)]), [
    ['added', 'quiet'], ['refused: add', 'bad'], ['is away', 'bad'], ['repaired', 'note'], ['left out', 'bad'], ['never heard of', 'quiet']]);
  assert.equal(changeName({ action: 'lost', haproxy: '/run/admin.sock', object }), 'HAProxy admin.sock');
  assert.equal(remarkOf(server('a', 1)), null);
  assert.equal(remarkOf(server('a', 1, { serves_in: 'hitless-slot1' })).text, 'in hitless-slot1');
});
