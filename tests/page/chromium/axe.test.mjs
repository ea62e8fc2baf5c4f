// The page as axe-core judges it: in light and dark, on a desktop and a phone, calm and in trouble.
// The environment variable HITLESS_AXE names its file axe.min.js; scripts/test-page fetches it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { FakeHitlessd } from '../fake_hitlessd.mjs';
import { Browser } from './browser.mjs';

const file = process.env.HITLESS_AXE;
const skip = file ? false : 'HITLESS_AXE does not name axe-core’s axe.min.js';
let browser;
let axe;

before(async () => {
  if (skip) return;
  axe = await readFile(file, 'utf8');
  browser = await Browser.start();
});
after(() => browser?.stop());

async function violations() {
  await browser.to('POST', '/execute/sync', { script: axe, args: [] });
  const found = await browser.runAsync(() => window.axe.run(document, { resultTypes: ['violations'] }));
  assert.ok(found.violations, JSON.stringify(found));
  return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => `${n.target} ${n.failureSummary}`).join(' | ')}`);
}

for (const scenario of ['empty', 'busy', 'trouble', 'large']) {
  for (const [name, width, scheme] of [['light', 1360, 'light'], ['dark', 1360, 'dark'], ['phone', 360, 'light'], ['dark phone', 360, 'dark']]) {
    test(`${scenario}, ${name}`, { skip }, async () => {
      const fake = new FakeHitlessd(scenario);
      try {
        await browser.screen(width, 900, width < 600);
        await browser.media(scheme, 'reduce');
        await browser.open(await fake.listen());
        await browser.until('the page has heard of hitlessd', () => !document.querySelector('h1').textContent.includes('Asking'));
        for (const action of ['add', 'repair', 'left_out', 'refused']) fake.change(action, 'app', 'web1', { detail: 'x', commands: ['add server app/web1'] });
        await browser.until('the stream', () => document.querySelectorAll('.changes > li').length === 4);
        await browser.type('#ask', 'web1');
        await browser.run(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
        assert.deepEqual(await violations(), []);
        if (scenario !== 'empty') {
          await browser.until('a row', () => document.querySelector('.row.server'));
          await browser.run(() => document.querySelector('.row.server').click());
          await browser.until('the drawer', () => document.querySelector('dialog').open);
          assert.deepEqual(await violations(), [], 'with the drawer');
          await browser.run(() => document.querySelector('dialog').close());
        }
        await fake.stop();
        await browser.until('it is away', () => document.querySelector('h1').textContent === 'hitlessd is away');
        assert.deepEqual(await violations(), [], 'while hitlessd is away');
      } finally {
        await fake.stop().catch(() => {});
      }
    });
  }
}
