// What a hitlessd would say of a made-up site: the parts of /status, as the page expects them.

const minutes = 60_000;
export const iso = (ms) => (ms === null ? null : new Date(ms).toISOString());

export const dest = '/etc/haproxy/haproxy.cfg';
export const socket = '/run/haproxy/admin.sock';

export function server(name, n, more = {}) {
  const address = more.address ?? `10.0.${n >> 8}.${n & 255}:8080`;
  return {
    name, key: `/app/servers/${name}`,
    wanted: { address, weight: 1, state: 'ready' },
    running: { address, weight: 1, state: 'up', since: iso(Date.now() - (n + 3) * 7 * minutes), sessions: n % 7, queue: 0, last_check: 'L7OK' },
    differs: null, queued: null, leaving: null, by_hand: null, obstacle: null, waits: null, serves_in: null,
    ...more,
  };
}

export function haproxy(name = socket) {
  return {
    socket: name, connected: true, trouble: null, version: '2.6.12', pid: 2508, started: iso(Date.now() - 60 * minutes),
    in_step: true, queued: 0, statistics: iso(Date.now()), backends: new Map(),
  };
}

export function resource(more = {}) {
  return {
    file: '/etc/confd/conf.d/haproxy.toml', template: '/etc/confd/templates/haproxy.cfg.tmpl', dest, kind: 'haproxy',
    rendered: iso(Date.now() - 9000), written: iso(Date.now() - 9000), check_refused: null, left_out: [], held: null, troubles: [],
    reload: { owed: false, since: null, next: null, obstacles: [], last: null }, haproxies: [haproxy()],
    ...more,
  };
}

export function site() {
  const now = Date.now();
  return {
    format: 1, program: 'hitlessd', version: '0.9.0', host: 'edge1', pid: 4711, started: iso(now - 134 * minutes),
    state: 'in_step', state_since: iso(now - 134 * minutes), ready: true, reasons: [],
    registry: { name: 'etcd (v2) at http://127.0.0.1:2379', connected: true, trouble: null, index: 1234, keys: 56,
      last_event: iso(now - 9000), full_reads: 1 },
    resources: [resource()],
    propagation: propagation([0, 2, 41, 180, 96, 22, 7, 2, 1, 0, 0]),
  };
}

const bounds = [0.5, 1, 2, 3, 5, 10, 25, 50, 100, 250, null];

export function propagation(counts) {
  let sum = 0;
  const buckets = bounds.map((le, i) => ({ le_ms: le, count: (sum += counts[i] ?? 0) }));
  const at = (part) => bounds[buckets.findIndex((b) => b.count >= sum * part)] ?? 250;
  return { count: sum, p50_ms: sum ? at(0.5) * 0.9 : null, p99_ms: sum ? at(0.99) : null, buckets };
}

export function put(haproxyOf, backend, servers) {
  const all = haproxyOf.backends.get(backend) ?? new Map();
  for (const one of servers) all.set(one.name, one);
  haproxyOf.backends.set(backend, all);
}

const many = (count, name, offset = 0) => Array.from({ length: count }, (_, i) => server(`${name}${i + 1}`, i + offset));

/** Sites to look at: each takes a site() and changes it. */
export const scenarios = {
  empty(it) {
    it.registry.keys = 0;
    it.propagation = propagation([]);
  },
  busy(it) {
    const first = it.resources[0].haproxies[0];
    const second = haproxy('/run/haproxy/edge2.sock');
    it.resources[0].haproxies.push(second);
    for (const one of [first, second]) {
      put(one, 'app', many(24, 'web'));
      put(one, 'api', many(12, 'api-', 40));
      put(one, 'static', many(4, 'cdn', 80));
      const web5 = one.backends.get('app').get('web5');
      web5.running.weight = web5.wanted.weight = 5;
      web5.running.sessions = 61;
    }
  },
  trouble(it) {
    scenarios.busy(it);
    const [one] = it.resources;
    const [first, second] = one.haproxies;
    it.state = 'degraded';
    it.state_since = iso(Date.now() - 4 * minutes);
    Object.assign(second, { connected: false, in_step: false, trouble: 'connect: no such file or directory', statistics: iso(Date.now() - 4 * minutes) });
    const down = (s, check) => Object.assign(s.running, { state: 'down', last_check: check, sessions: 0, since: iso(Date.now() - 3 * minutes) });
    const app = first.backends.get('app');
    for (const name of ['web7', 'web8', 'web9', 'web10', 'web11']) down(app.get(name), 'L4CON');
    for (const s of first.backends.get('static').values()) down(s, 'L7STS/503');
    app.get('web2').by_hand = { state: 'drain', until: iso(Date.now() + 95 * minutes), because: 'new disk' };
    Object.assign(app.get('web2').running, { state: 'drain', sessions: 2 });
    app.get('web12').running = null;
    Object.assign(app.get('web12'), { obstacle: 'its option cookie needs a reload', waits: null });
    app.get('web20').wanted = null;
    app.get('web20').leaving = { since: iso(Date.now() - 40_000), until: iso(Date.now() + 20 * 1000), sessions: 2 };
    app.get('web21').running.weight = 0;
    app.get('web6').running.queue = 3;
    app.get('web6').running.sessions = 100;
    one.left_out = [{ key: '/app/servers/web31', why: 'the value "10.0.0.300:8080" is no address' }];
    one.reload = { owed: true, since: iso(Date.now() - 2000), next: iso(Date.now() + 3000), last: null,
      obstacles: [{ object: { kind: 'section', scope: '', name: 'backend app' }, causes: [{ kind: 'line', detail: '+ balance leastconn' }], words: 'backend app: + balance leastconn' }] };
    one.held = { why: 'backend api would have 2 of its 12 servers left', until: iso(Date.now() + 28_000),
      changes: ['api/api-3 would go', 'api/api-4 would go'], objects: [] };
  },
  large(it) {
    const [first] = it.resources[0].haproxies;
    for (let b = 0; b < 10; b += 1) put(first, `pool${b}`, many(500, 'node', b * 500));
    it.registry.keys = 5000;
  },
};
