// Writes screenshots of the page into a directory: node shots.mjs DIRECTORY. To look at, not to compare.
import { FakeHitlessd } from '../fake_hitlessd.mjs';
import { Browser } from './browser.mjs';

const directory = process.argv[2];
const looks = [['light', 1360, 900, 'light'], ['dark', 1360, 900, 'dark'], ['phone', 360, 780, 'light']];
const browser = await Browser.start();
try {
  for (const scenario of ['empty', 'busy', 'trouble']) {
    for (const [name, width, height, scheme] of looks) {
      const fake = new FakeHitlessd(scenario);
      await browser.screen(width, height, width < 600);
      await browser.media(scheme);
      await browser.open(await fake.listen());
      await browser.until('the page has heard of hitlessd', () => !document.querySelector('h1').textContent.includes('Asking'));
      for (const [action, more] of [['add', {}], ['change', {}], ['repair', {}], ['add', { result: 'refused' }], ['add', {}]])
        fake.change(action, 'app', 'web3', more);
      await browser.until('the change travels', () => document.querySelector('.train'));
      await browser.screenshot(`${directory}/${scenario}-${name}.png`);
      await browser.open('about:blank');
      await fake.stop();
    }
  }
} finally {
  await browser.stop();
}
