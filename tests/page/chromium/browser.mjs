// A small client of WebDriver for Chromium: starts chromedriver, opens a page, asks and types.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const elementKey = 'element-6066-11e4-a52e-4f735466cecf';
export const keys = {
  enter: '\ue007', tab: '\ue004', escape: '\ue00c', down: '\ue015', up: '\ue013', left: '\ue012', right: '\ue014',
  end: '\ue010', home: '\ue011', pageDown: '\ue00f', space: ' ',
};

export class Browser {
  /** Throws when chromedriver or Chromium can't be started. */
  static async start({ width = 1360, height = 900 } = {}) {
    const browser = new Browser();
    browser.profile = await mkdtemp(join(tmpdir(), 'hitless-page-'));
    await browser.startDriver();
    const answer = await browser.call('POST', '/session', { capabilities: { alwaysMatch: {
      browserName: 'chrome',
      'goog:loggingPrefs': { browser: 'ALL' },
      'goog:chromeOptions': { args: [
        '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-extensions',
        '--disable-background-networking', '--disable-component-update', '--hide-scrollbars=false',
        `--user-data-dir=${browser.profile}`, `--window-size=${width},${height}`,
      ] },
    } } });
    browser.session = `/session/${answer.sessionId}`;
    // What the Content-Security-Policy forbids is remembered from the first moment on.
    await browser.devtools('Page.addScriptToEvaluateOnNewDocument', { source:
      'window.violations = []; addEventListener("securitypolicyviolation", (e) => violations.push(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));' });
    return browser;
  }

  async startDriver() {
    this.driver = spawn('chromedriver', ['--port=0'], { stdio: ['ignore', 'pipe', 'ignore'] });
    this.address = await new Promise((done, failed) => {
      this.driver.once('error', failed);
      this.driver.once('exit', () => failed(new Error('chromedriver ended')));
      let text = '';
      this.driver.stdout.on('data', (data) => {
        text += data;
        const port = /started successfully on port (\d+)/.exec(text)?.[1];
        if (port) done(`http://127.0.0.1:${port}`);
      });
    });
  }

  async call(method, path, body) {
    const answer = await fetch(this.address + path, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${path}: ${value?.message ?? answer.status}`);
    return value;
  }

  to(method, path, body) { return this.call(method, this.session + path, body); }
  devtools(cmd, params = {}) { return this.to('POST', '/goog/cdp/execute', { cmd, params }); }
  open(url) { return this.to('POST', '/url', { url }); }

  /** Runs a function in the page. */
  run(script, ...args) {
    return this.to('POST', '/execute/sync', { script: `return (${script}).apply(null, arguments)`, args });
  }

  runAsync(script, ...args) {
    return this.to('POST', '/execute/async', {
      script: `const done = arguments[arguments.length - 1]; (${script}).apply(null, [...arguments].slice(0, -1)).then(done, (e) => done({ error: String(e) }))`, args });
  }

  /** Waits until a function in the page returns something true, and returns that. */
  async until(what, script, ...args) {
    const end = Date.now() + 15_000;
    for (;;) {
      const value = await this.run(script, ...args);
      if (value) return value;
      if (Date.now() > end) throw new Error(`not so after 15 s: ${what}; the page says: ${await this.text('#verdict')}`);
      await new Promise((done) => setTimeout(done, 40));
    }
  }

  text(selector) { return this.run((s) => document.querySelector(s)?.textContent ?? null, selector); }

  async type(selector, text) {
    const element = await this.to('POST', '/element', { using: 'css selector', value: selector });
    await this.to('POST', `/element/${element[elementKey]}/value`, { text });
  }

  async click(selector) {
    const element = await this.to('POST', '/element', { using: 'css selector', value: selector });
    await this.to('POST', `/element/${element[elementKey]}/click`, {});
  }

  /** Keys to whatever has the focus. */
  async press(...pressed) {
    const actions = pressed.flatMap((value) => [{ type: 'keyDown', value }, { type: 'keyUp', value }]);
    await this.to('POST', '/actions', { actions: [{ type: 'key', id: 'keyboard', actions }] });
  }

  /** A screen of this size, as a phone has it or a desktop. */
  async screen(width, height, mobile = false) {
    await this.devtools('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: mobile ? 2 : 1, mobile });
  }

  async media(scheme, motion = 'no-preference') {
    await this.devtools('Emulation.setEmulatedMedia', { features: [
      { name: 'prefers-color-scheme', value: scheme }, { name: 'prefers-reduced-motion', value: motion }] });
  }

  async screenshot(file, whole = false) {
    const { data } = await this.devtools('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole });
    await writeFile(file, Buffer.from(data, 'base64'));
  }

  /** What the page wrote to the console as a warning or an error. */
  async complaints() {
    const entries = await this.to('POST', '/se/log', { type: 'browser' });
    return entries.filter((e) => ['SEVERE', 'WARNING'].includes(e.level)).map((e) => e.message);
  }

  async stop() {
    try {
      if (this.session) await this.to('DELETE', '');
    } finally {
      this.driver.kill();
      await rm(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  }
}
