// One look at all servers, for all that counts them. With thousands, it is made again only when
// something of them has changed.
import { eachServer, haproxiesOf } from './model.mjs';
import { isUp } from './words.mjs';

const known = new WeakMap(); // model → {fleetVersion, summary, census}

/**
 * {servers, up, backends, haproxies: counts; dead: names of backends in which no server is up;
 * differing: names of servers that aren't as the keys want (where HAProxy answers);
 * waiting: [{server, backend, entry}] that are held by hand, leave or wait}. A server counts once, and as
 * up where all HAProxies have it up; what a HAProxy has that is away counts as it was known last.
 */
export function censusOf(model) {
  const last = known.get(model);
  if (last && last.fleetVersion === model.fleetVersion && last.summary === model.summary) return last.census;
  const census = take(model);
  known.set(model, { fleetVersion: model.fleetVersion, summary: model.summary, census });
  return census;
}

function take(model) {
  const upEverywhere = new Map();
  const backends = new Map(); // at each HAProxy → {name, up, running}
  const differing = new Set();
  const waiting = [];
  eachServer(model, (server, backend, entry) => {
    const up = isUp(server);
    const name = `${backend}/${server.name}`;
    const isKnown = server.running || entry.haproxy.connected !== false;
    if (!server.leaving && isKnown && (server.running || server.wanted)) {
      const key = `${entry.fleet.dest} ${name}`;
      upEverywhere.set(key, up && upEverywhere.get(key) !== false);
    }
    if (server.running && !server.leaving) countIn(backends, entry, backend, up);
    if (server.by_hand || server.leaving || (isKnown && (server.obstacle || server.waits || server.differs)))
      waiting.push({ server, backend, entry });
    const differs = server.differs || server.obstacle || (server.wanted && !server.running);
    if (differs && !server.leaving && entry.haproxy.connected !== false) differing.add(name);
  });
  const all = haproxiesOf(model);
  const names = new Set(all.flatMap(({ fleet }) => [...(fleet?.backends.keys() ?? [])].map((name) => `${fleet.dest} ${name}`)));
  const dead = new Set([...backends.values()].filter((backend) => backend.up === 0).map((backend) => backend.name));
  return {
    servers: upEverywhere.size, up: [...upEverywhere.values()].filter(Boolean).length, backends: names.size,
    haproxies: all.length, dead: [...dead], differing: [...differing], waiting,
  };
}

function countIn(backends, { haproxy }, name, up) {
  const key = `${haproxy.socket} ${name}`;
  const backend = backends.get(key) ?? { name, up: 0 };
  if (up) backend.up += 1;
  backends.set(key, backend);
}
