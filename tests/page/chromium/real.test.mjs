// The page of a real hitlessd, with a real etcd and HAProxy, in a real Chromium.
// The environment variable HITLESSD names the program; without it, it is that of build/release.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import { Browser } from './browser.mjs';

const hitlessd = process.env.HITLESSD ?? fileURLToPath(new URL('../../../build/release/bin/hitlessd', import.meta.url));
const skip = existsSync(hitlessd) ? false : `there is no ${hitlessd}`;

const running = new Set();
let directory;
let browser;
let ports;

/** Loopback ports that were free a moment ago. */
async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server;
  }));
  const found = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return found;
}

function start(program, ...flags) {
  const child = spawn(program, flags, { cwd: directory, stdio: 'ignore' });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function stop(child, signal = 'SIGKILL') {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

const put = (key, value) => fetch(`http://127.0.0.1:${ports.etcd}/v2/keys${key}`, {
  method: 'PUT', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams({ value }),
});

async function answers(what, ask) {
  for (let end = Date.now() + 15_000; ;) {
    if (await ask().then((answer) => answer.ok, () => false)) return;
    assert.ok(Date.now() < end, `${what} answers`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

const template = () => `global
    stats socket ${directory}/admin.sock mode 600 level admin
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
frontend web
    bind 127.0.0.1:${ports.web}
    default_backend app
backend app
{{range gets "/app/servers/*"}}    server {{base .Key}} {{.Value}}
{{end}}
`;

const daemonFlags = () => ['-node', `http://127.0.0.1:${ports.etcd}`, '-watch', '-confdir', directory];
const startDaemon = () => start(hitlessd, ...daemonFlags(), '-http', `127.0.0.1:${ports.http}`);
const startHaproxy = () => start('haproxy', '-db', '-f', `${directory}/haproxy.cfg`);

before(async () => {
  if (skip) return;
  directory = await mkdtemp(join(tmpdir(), 'hitless-page-'));
  const [etcd, peer, web, http] = await freePorts(4);
  ports = { etcd, web, http };
  await mkdir(`${directory}/conf.d`);
  await mkdir(`${directory}/templates`);
  await writeFile(`${directory}/templates/haproxy.tmpl`, template());
  await writeFile(`${directory}/conf.d/haproxy.toml`,
    `[template]\nsrc = "haproxy.tmpl"\ndest = "${directory}/haproxy.cfg"\nkeys = ["/app"]\ncheck_cmd = "haproxy -c -q -f {{.src}}"\nreload_cmd = "true"\n`);
  const own = `http://127.0.0.1:${etcd}`;
  start('etcd', '--enable-v2=true', '--data-dir', `${directory}/etcd`, '--listen-client-urls', own, '--advertise-client-urls', own,
    '--listen-peer-urls', `http://127.0.0.1:${peer}`, '--initial-advertise-peer-urls', `http://127.0.0.1:${peer}`,
    '--initial-cluster', `default=http://127.0.0.1:${peer}`);
  await answers('etcd', () => fetch(`${own}/health`));
  await put('/app/servers/web1', '127.0.0.1:1');
  await once(start(hitlessd, ...daemonFlags(), '-onetime'), 'exit');
  browser = await Browser.start();
});

after(async () => {
  await browser?.stop();
  await Promise.all([...running].map((child) => stop(child)));
  if (directory) await rm(directory, { recursive: true, force: true });
});

const isTitle = (text) => document.querySelector('h1').textContent === text;
const hasRow = (name) => [...document.querySelectorAll('.row.server .c-name')].some((cell) => cell.textContent === name);

test('a key in etcd, a HAProxy that dies, a hitlessd that is killed', { skip }, async () => {
  let haproxy = startHaproxy();
  let daemon = startDaemon();
  const page = `http://127.0.0.1:${ports.http}/`;
  await answers('hitlessd', () => fetch(`${page}readyz`));
  await browser.open(page);
  await browser.until('it is in step', isTitle, 'In step');
  await browser.until('the server that was there', hasRow, 'web1');

  await put('/app/servers/web2', '127.0.0.1:2');
  await browser.until('the server that came', hasRow, 'web2');
  await browser.until('the change', () => /^app\/web2 added/.test(document.querySelector('#way-last').textContent));
  await put('/app/servers/web3', 'no address');
  await browser.until('the key that is left out', isTitle, 'In step, but a key is left out');
  await browser.type('#ask', 'web3');
  await browser.until('why', () => /left out/.test(document.querySelector('#answer').textContent));
  await put('/app/servers/web3', '127.0.0.1:3');
  await browser.until('it is mended', hasRow, 'web3');

  await stop(haproxy);
  await browser.until('HAProxy is away', isTitle, 'HAProxy is away');
  haproxy = startHaproxy();
  await browser.until('HAProxy is back', isTitle, 'In step');

  await stop(daemon);
  await browser.until('hitlessd is away', isTitle, 'hitlessd is away');
  assert.ok(await browser.run(hasRow, 'web2'), 'what was known stays');
  daemon = startDaemon();
  await browser.until('hitlessd is back', isTitle, 'In step');
  await browser.until('the stream tells', () => /started anew/.test(document.querySelector('.changes').textContent));
  assert.deepEqual(await browser.run(() => window.violations), []);
});
