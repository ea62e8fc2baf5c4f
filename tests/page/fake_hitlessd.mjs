// A program that speaks as hitlessd does to the page: /, /assets, /status, /events. For tests, and to
// look at the page without etcd and HAProxy:
//
//   node tests/page/fake_hitlessd.mjs [--port N] [--scenario empty|busy|trouble|large]
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { dest, iso, scenarios, server, site, socket } from './fake_status.mjs';

const pageFiles = fileURLToPath(new URL('../../src/page/', import.meta.url));
const kinds = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8', mjs: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };
const headers = {
  'Content-Security-Policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cache-Control': 'no-cache',
};

export class FakeHitlessd {
  constructor(scenario = 'busy') {
    this.site = site();
    scenarios[scenario]?.(this.site);
    this.changes = [];
    this.nextId = 1;
    this.clients = new Set();
    this.served = []; // the paths that were asked for
  }

  get haproxy() { return this.site.resources[0].haproxies[0]; }

  /** Listens; port 0 takes a free one. Returns the page's address. */
  async listen(port = 0) {
    this.http = http.createServer((request, response) => this.answer(request, response));
    await new Promise((done, failed) => {
      this.http.once('error', failed);
      this.http.listen(port, '127.0.0.1', done);
    });
    this.port = this.http.address().port;
    return `http://127.0.0.1:${this.port}/`;
  }

  /** As if it were killed. */
  async stop() {
    for (const client of this.clients) client.destroy();
    this.clients.clear();
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
  }

  /** As if another process took its place: ids begin again. */
  async restart() {
    const { port } = this;
    this.site.started = iso(Date.now());
    this.site.pid += 1;
    this.changes = [];
    this.nextId = 1;
    await this.listen(port);
  }

  async answer(request, response) {
    const url = new URL(request.url, 'http://localhost');
    this.served.push(url.pathname);
    const send = (status, kind, body) => {
      response.writeHead(status, { ...headers, 'Content-Type': kind });
      response.end(body);
    };
    if (url.pathname === '/status') return send(200, 'application/json', JSON.stringify(this.status()));
    if (url.pathname === '/healthz') return send(200, 'application/json', '{"status":"ok"}');
    if (url.pathname === '/events') return this.stream(request, response, url);
    const name = url.pathname === '/' ? 'index.html' : /^\/assets\/([\w-]+\.\w+)$/.exec(url.pathname)?.[1];
    try {
      return send(200, kinds[name.split('.').at(-1)] ?? 'text/plain', await readFile(pageFiles + name));
    } catch {
      return send(404, 'text/plain', 'not found\n');
    }
  }

  summary() {
    const { resources, ...rest } = this.site;
    return { ...rest, now: iso(Date.now()), resources: resources.map((one) => ({
      ...one, haproxies: one.haproxies.map(({ backends, ...haproxy }) => haproxy),
    })) };
  }

  backendsOf(haproxy) {
    return [...haproxy.backends].map(([name, servers]) => ({ name, servers: [...servers.values()], gone: [] }));
  }

  status() {
    const summary = this.summary();
    this.site.resources.forEach((one, r) => one.haproxies.forEach((haproxy, h) => {
      summary.resources[r].haproxies[h].backends = this.backendsOf(haproxy);
    }));
    return { ...summary, changes: this.changes };
  }

  stream(request, response, url) {
    response.writeHead(200, { ...headers, 'Content-Type': 'text/event-stream' });
    response.write('retry: 200\n\n');
    this.clients.add(response);
    request.on('close', () => this.clients.delete(response));
    const after = Number(request.headers['last-event-id'] ?? url.searchParams.get('after') ?? 0);
    const write = (event, data, id) => response.write(frame(event, data, id));
    if (after >= this.nextId) write('missed', { process: this.site.started });
    for (const change of this.changes.filter((c) => after >= this.nextId || c.id > after)) write('change', change, change.id);
    write('summary', this.summary());
    for (const one of this.site.resources) {
      for (const haproxy of one.haproxies)
        write('servers', { resource: one.dest, haproxy: haproxy.socket, whole: true, backends: this.backendsOf(haproxy) });
    }
  }

  send(event, data, id) {
    for (const client of this.clients) client.write(frame(event, data, id));
  }

  sendSummary() { this.send('summary', this.summary()); }

  sendServers(backend, servers, gone = [], haproxy = this.haproxy) {
    this.send('servers', { resource: dest, haproxy: haproxy.socket, whole: false, backends: [{ name: backend, servers, gone }] });
  }

  change(action, scope, name, more = {}) {
    const render = 0.2 + Math.random() * 0.4;
    const commands = 0.5 + Math.random() * 1.5;
    const change = {
      id: this.nextId, time: iso(Date.now()), resource: dest, haproxy: socket, object: { kind: 'server', scope, name }, action,
      detail: '', keys: [`/${scope}/servers/${name}`], commands: [], result: 'done', message: null,
      phases_ms: { render, plan: 0.1, commands, read_back: 1.1 + Math.random(), file: null }, total_ms: render + 0.1 + commands + 0.4, ...more,
    };
    this.nextId += 1;
    this.changes = [...this.changes, change].slice(-200);
    this.send('change', change, change.id);
    return change;
  }

  addServer(backend, name, n = 200, more = {}) {
    const one = server(name, n, more);
    one.running.since = iso(Date.now());
    this.haproxy.backends.set(backend, (this.haproxy.backends.get(backend) ?? new Map()).set(name, one));
    this.sendServers(backend, [one]);
    this.change('add', backend, name, { detail: one.running.address,
      commands: [`add server ${backend}/${name} ${one.running.address} check`, `enable health ${backend}/${name}`, `set server ${backend}/${name} state ready`] });
    return one;
  }

  removeServer(backend, name) {
    this.haproxy.backends.get(backend)?.delete(name);
    this.sendServers(backend, [], [name]);
    this.change('delete', backend, name, { commands: [`del server ${backend}/${name}`] });
  }

  loseHaproxy() {
    Object.assign(this.haproxy, { connected: false, in_step: false, trouble: 'connect: connection refused' });
    Object.assign(this.site, { state: 'degraded', state_since: iso(Date.now()), reasons: ['HAProxy is away'] });
    this.sendSummary();
    this.change('lost', '', socket, { object: { kind: 'haproxy', scope: '', name: socket }, phases_ms: {}, total_ms: null, keys: [] });
  }
}

const frame = (event, data, id) => `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Servers come, move and go, and sessions change, as long as the program runs. */
export function play(fake) {
  let n = 60;
  return setInterval(() => {
    const app = fake.haproxy.backends.get([...fake.haproxy.backends.keys()][0]) ?? new Map();
    const backend = [...fake.haproxy.backends.keys()][0] ?? 'app';
    for (const one of app.values()) if (one.running?.state === 'up') one.running.sessions = Math.floor(Math.random() * 9);
    fake.haproxy.statistics = iso(Date.now());
    fake.sendServers(backend, [...app.values()].slice(0, 200));
    const dice = Math.random();
    const last = [...app.keys()].at(-1);
    if (dice < 0.45 || app.size < 3) fake.addServer(backend, `web${n += 1}`, n % 250);
    else if (dice < 0.8) fake.removeServer(backend, last);
    else if (dice < 0.9) fake.change('write', '', dest, { object: { kind: 'file', scope: '', name: dest }, haproxy: null,
      phases_ms: { render: 0.4, plan: 0.1, commands: null, read_back: null, file: 38 + Math.random() * 20 }, total_ms: 41 });
    else fake.change('repair', backend, last, { detail: 'its weight was 7', commands: [`set server ${backend}/${last} weight 1`] });
    fake.site.propagation.count += 1;
    fake.sendSummary();
  }, 1500);
}

async function main(flags) {
  const value = (flag, other) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : other);
  const scenario = value('--scenario', 'busy');
  if (!scenarios[scenario]) throw new Error(`unknown scenario '${scenario}': there are ${Object.keys(scenarios).join(', ')}`);
  const fake = new FakeHitlessd(scenario);
  console.log(`fake_hitlessd: ${await fake.listen(Number(value('--port', '0')))} (Ctrl-C ends it)`);
  if (scenario !== 'empty') play(fake);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
