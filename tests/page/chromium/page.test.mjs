// The page in a real Chromium, with a hitlessd that the tests lead. scripts/test-page runs it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { FakeHitlessd } from '../fake_hitlessd.mjs';
import { iso, put, server } from '../fake_status.mjs';
import { Browser, keys } from './browser.mjs';

let browser;
let fake;
let expectsLosses; // tests that stop hitlessd see the browser complain of that

before(async () => { browser = await Browser.start(); });
after(() => browser?.stop());
beforeEach(async () => {
  expectsLosses = false;
  await browser.screen(1360, 900);
  await browser.media('light');
});
afterEach(async () => {
  assert.deepEqual(await browser.run(() => window.violations), [], 'the Content-Security-Policy is kept');
  const complaints = await browser.complaints();
  if (!expectsLosses) assert.deepEqual(complaints, []);
  const strangers = await browser.run(() => performance.getEntriesByType('resource').map((e) => e.name)
    .filter((name) => !name.startsWith(location.origin) && !name.startsWith('data:')));
  assert.deepEqual(strangers, [], 'no other host is asked');
  await browser.open('about:blank');
  await fake.stop();
  await browser.complaints();
});

async function open(scenario, change = () => {}) {
  fake = new FakeHitlessd(scenario);
  change(fake);
  await browser.open(await fake.listen());
  await browser.until('the page has heard of hitlessd', () => !document.querySelector('h1').textContent.includes('Asking'));
}

const hasRow = (name) => [...document.querySelectorAll('.row.server .c-name')].some((cell) => cell.textContent === name);
const title = (text) => document.querySelector('h1').textContent === text;

test('a server appears in the fleet, in the stream and on the way', async () => {
  await open('empty');
  assert.equal(await browser.text('h1'), 'In step');
  fake.addServer('app', 'web1');
  await browser.until('the row', hasRow, 'web1');
  await browser.until('the stream', () => document.querySelector('.changes .object')?.textContent === 'app/web1');
  await browser.until('it travels', () => document.querySelector('.train'));
  await browser.until('it arrives', () => document.querySelector('#way-last').textContent.startsWith('app/web1 added in'));
  await browser.until('the verdict', () => /1 server in 1 backend/.test(document.querySelector('.what').textContent));
  await browser.click('.changes summary');
  assert.match(await browser.text('.changes .commands'), /add server app\/web1/);
  fake.removeServer('app', 'web1');
  await browser.until('no row', () => !document.querySelector('.row.server'));
});

test('who wants no motion sees none', async () => {
  await browser.media('light', 'reduce');
  await open('busy');
  await browser.run(() => {
    window.trains = 0;
    new MutationObserver(() => { window.trains += document.querySelectorAll('.train').length; })
      .observe(document.querySelector('#way'), { subtree: true, childList: true });
  });
  fake.addServer('app', 'web99');
  await browser.until('it has arrived', () => document.querySelector('#way-last').textContent.startsWith('app/web99 added'));
  assert.equal(await browser.run(() => window.trains), 0);
});

test('a HAProxy that dies is said at once, and read out', async () => {
  await open('busy', (it) => it.site.resources[0].haproxies.pop());
  await browser.until('calm', title, 'In step');
  fake.loseHaproxy();
  await browser.until('the verdict', title, 'HAProxy is away');
  await browser.until('the picture', () => document.querySelector('[data-station="haproxy 0 0"]').dataset.tone === 'bad');
  await browser.until('it is read out', () => /HAProxy is away\. .*connection refused/.test(document.querySelector('#spoken').textContent));
  assert.match(await browser.run(() => document.title), /^HAProxy is away – edge1/);
});

test('hitlessd is restarted: the page says that it is away, keeps what it knew, and goes on', async () => {
  expectsLosses = true;
  await open('busy');
  await browser.type('.tools input', 'web');
  await browser.run(() => document.querySelector('[role=treegrid]').focus());
  await browser.press(keys.down, keys.down, keys.down);
  const selected = await browser.text('[aria-selected=true] .c-name');
  fake.change('add', 'app', 'web3');
  await browser.until('the change', () => document.querySelectorAll('.changes > li').length === 1);
  await fake.stop();
  await browser.until('the verdict', title, 'hitlessd is away');
  assert.ok(await browser.run(hasRow, 'web3'), 'what was known stays');
  assert.ok(await browser.run(() => document.body.hasAttribute('data-old') && document.querySelector('#whose').textContent.includes('as it was')));
  put(fake.haproxy, 'app', [server('web-new', 99)]);
  await fake.restart();
  fake.change('add', 'app', 'web-new');
  await browser.until('it goes on', title, 'In step');
  await browser.until('what came meanwhile', hasRow, 'web-new');
  await browser.until('the stream goes on', () => [...document.querySelectorAll('.changes > li')].length === 3);
  assert.match(await browser.text('.changes .marker'), /started anew/);
  assert.equal(await browser.run(() => document.querySelector('.tools input').value), 'web');
  assert.equal(await browser.text('[aria-selected=true] .c-name'), selected);
  assert.equal(await browser.run(() => document.body.hasAttribute('data-old')), false);
});

test('what happened while the connection was cut is caught up with', async () => {
  expectsLosses = true;
  await open('busy');
  fake.change('add', 'app', 'web1');
  for (const client of fake.clients) client.destroy();
  fake.change('change', 'app', 'web2');
  fake.change('change', 'app', 'web3');
  await browser.until('all three', () => document.querySelectorAll('.changes > li').length === 3);
  assert.equal(await browser.run(() => document.querySelector('.marker')), null);
});

test('5,000 servers: only rows in sight are in the document, wherever it is scrolled', async () => {
  await open('large');
  await browser.until('the rows', hasRow, 'node1');
  const scrolled = await browser.runAsync(async () => {
    const scroller = document.querySelector('.scroller');
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    let [mostRows, gaps, mostNodes] = [0, 0, 0];
    for (let top = 0; top < scroller.scrollHeight; top += 3333) {
      scroller.scrollTop = top;
      await frame();
      const rows = [...document.querySelectorAll('.rows .row')];
      mostRows = Math.max(mostRows, rows.length);
      mostNodes = Math.max(mostNodes, document.querySelectorAll('*').length);
      const box = scroller.getBoundingClientRect();
      const head = document.querySelector('.head').getBoundingClientRect().height;
      for (const y of [box.top + head + 4, box.top + box.height / 2, box.bottom - 24]) {
        const inSight = rows.some((row) => { const r = row.getBoundingClientRect(); return r.top <= y && r.bottom >= y; });
        if (!inSight) gaps += 1;
      }
    }
    return { mostRows, gaps, mostNodes };
  });
  assert.equal(scrolled.gaps, 0);
  assert.ok(scrolled.mostRows < 80, `${scrolled.mostRows} rows`);
  assert.ok(scrolled.mostNodes < 2500, `${scrolled.mostNodes} nodes`);
  await browser.run(() => document.querySelector('[role=treegrid]').focus());
  await browser.press(keys.end);
  await browser.until('the last', () => document.querySelector('[aria-selected=true]')?.getAttribute('aria-rowindex') === '5011');
  assert.equal(await browser.run(() => document.querySelector('[role=treegrid]').getAttribute('aria-rowcount')), '5011');
  await browser.type('.tools input', 'node4999');
  await browser.until('the filter', () => document.querySelectorAll('.row.server').length === 0 || document.querySelector('.row.server .c-name').textContent === 'node4999');
});

const hostile = ['<img src=x onerror="window.hacked=1">', '"><script>window.hacked=1</script>', 'a\u202egnp.exe', '${7*7}{{7*7}}',
  '__proto__', "' onmouseover='window.hacked=1", 'x'.repeat(300), 'javascript:window.hacked=1'];

test('hostile names and values stay text', async () => {
  await browser.screen(360, 780, true);
  await open('busy', (it) => {
    put(it.haproxy, hostile[0], hostile.map((name, n) => server(name, n, { differs: hostile[n], key: hostile[n], by_hand: { state: hostile[n], until: hostile[n], because: hostile[n] } })));
    it.site.host = it.site.registry.name = it.site.version = hostile[0];
    Object.assign(it.site.resources[0], { template: hostile[1], left_out: hostile.map((key) => ({ key, why: key })),
      troubles: hostile.map((message) => ({ source: 'keys', message })), held: { why: hostile[0], until: iso(Date.now()), changes: hostile, objects: [null, 3] } });
    for (const name of hostile) it.change('add', hostile[0], name, { detail: name, commands: [name], message: name, keys: [name], haproxy: name });
  });
  await browser.until('the names', () => [...document.querySelectorAll('.changes .object')].some((o) => o.textContent.includes('<img src=x')));
  await browser.run(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  await browser.type('#ask', '<img');
  await browser.until('the answer', () => document.querySelector('#answer h3')?.textContent.includes('<img src=x'));
  await browser.run(() => document.querySelector('.row.server').click());
  for (const name of hostile) fake.change('delete', hostile[0], name, { haproxy: fake.haproxy.socket });
  await browser.until('the new changes', () => document.querySelectorAll('.changes > li').length === 16);
  assert.deepEqual(await browser.run(() => [window.hacked ?? null, document.querySelectorAll('img, iframe, body script, object').length,
    document.body.textContent.includes('\u202e'), document.documentElement.scrollWidth <= innerWidth]), [null, 0, false, true]);
});

test('everything can be reached and done with the keyboard', async () => {
  await open('trouble');
  await browser.until('the rows', hasRow, 'api-1');
  await browser.press('/');
  assert.equal(await browser.run(() => document.activeElement.id), 'ask');
  await browser.press(...'web7');
  await browser.until('the answer', () => document.querySelector('#answer h3')?.textContent.startsWith('app/web7 gets no new requests'));
  await browser.until('it is read out', () => document.querySelector('#ask-spoken').textContent.includes('Its check fails'));
  await browser.run(() => { const ask = document.querySelector('#ask'); ask.value = ''; });
  await browser.press(...'web1', keys.down);
  assert.match(await browser.run(() => document.activeElement.dataset.match), /^app\/web1\d$/);
  await browser.press(keys.enter);
  assert.equal(await browser.run(() => document.activeElement.id), 'ask');
  const passed = new Set();
  for (let i = 0; i < 40; i += 1) {
    await browser.press(keys.tab);
    passed.add(await browser.run(() => { const a = document.activeElement; return a.getAttribute('role') ?? a.closest('fieldset')?.className ?? (a.className || a.tagName); }));
    if (passed.has('treegrid')) break;
  }
  assert.ok(passed.has('treegrid') && passed.has('scopes'), [...passed].join());
  await browser.press(keys.down, keys.down);
  await browser.until('a server is selected', () => document.querySelector('#selected-row .c-name')?.textContent === 'api-1');
  await browser.press(keys.enter);
  await browser.until('the drawer', () => document.querySelector('dialog').open && document.querySelector('dialog h2').textContent.startsWith('api/api-1'));
  await browser.press(keys.escape);
  await browser.until('it is closed', () => !document.querySelector('dialog').open && document.activeElement.getAttribute('role') === 'treegrid');
  await browser.press(keys.left, keys.left);
  await browser.until('it is folded', () => document.querySelector('.row.backend').getAttribute('aria-expanded') === 'false');
});

test('the reader may stop the page, and misses nothing', async () => {
  await open('busy');
  await browser.click('#pause');
  fake.addServer('app', 'web77');
  await browser.until('it is counted', () => document.querySelector('#pause').textContent === 'Go on (1 new)');
  fake.loseHaproxy();
  await browser.until('the verdict goes on', title, 'HAProxy admin.sock is away');
  assert.equal(await browser.run(() => document.querySelectorAll('.changes > li').length), 0);
  await browser.click('#pause');
  await browser.until('it is there', () => document.querySelectorAll('.changes .object')[1]?.textContent === 'app/web77');
});

test('the choice of colours is remembered', async () => {
  await open('empty');
  const paper = () => getComputedStyle(document.documentElement).backgroundColor;
  const light = await browser.run(paper);
  await browser.run(() => document.querySelector('#theme input[value=dark]').click());
  const dark = await browser.run(paper);
  assert.notEqual(light, dark);
  await browser.open(`http://127.0.0.1:${fake.port}/`);
  await browser.until('it is dark again', (colour) => getComputedStyle(document.documentElement).backgroundColor === colour, dark);
  await browser.run(() => document.querySelector('#theme input[value=auto]').click());
});

test('at the width of a phone nothing has to be scrolled sideways', async () => {
  for (const scenario of ['empty', 'busy', 'trouble']) {
    for (const width of [360, 320]) {
      await browser.screen(width, 780, true);
      await open(scenario);
      fake.change('add', 'app', 'web1');
      await browser.until('the stream', () => document.querySelector('.changes .object'));
      const wide = await browser.run(() => [document.documentElement.scrollWidth - innerWidth, document.querySelector('.scroller').scrollWidth - document.querySelector('.scroller').clientWidth]);
      assert.deepEqual(wide.map((w) => Math.max(0, w)), [0, 0], `${scenario} at ${width}`);
      if (scenario !== 'trouble' || width !== 320) await fake.stop();
      await browser.complaints();
    }
  }
});
