// Finds what someone types: a server, a backend, an address or a key.
import { eachServer } from './model.mjs';

/** How well a name answers a query: 3 the same, 2 begins so, 1 has it within, 0 not. */
function closeness(text, query) {
  if (!text) return 0;
  const lower = String(text).toLowerCase();
  if (lower === query) return 3;
  if (lower.startsWith(query)) return 2;
  return lower.includes(query) ? 1 : 0;
}

function serverCloseness(query, backend, server) {
  return Math.max(
    closeness(`${backend}/${server.name}`, query), closeness(server.name, query),
    closeness(server.running?.address, query), closeness(server.wanted?.address, query),
    closeness(server.key, query), closeness(server.serves_in, query));
}

/**
 * The best `limit` of what the query may mean, the best first, and how many there are:
 * {matches: [{kind: 'server' | 'backend' | 'left_out', backend, name, score, at: […], leftOut}], total}.
 * A server is one match, whatever number of HAProxies have it.
 */
export function find(model, text, limit = 8) {
  const query = text.trim().toLowerCase();
  if (!query || model.summary === null) return { matches: [], total: 0 };
  const found = new Map();
  const add = (key, match, score, at) => {
    const known = found.get(key);
    if (!known) found.set(key, { ...match, score, at: at ? [at] : [] });
    else {
      known.score = Math.max(known.score, score);
      if (at) known.at.push(at);
    }
  };
  eachServer(model, (server, backend, entry) => {
    const { dest } = entry.fleet;
    const score = serverCloseness(query, backend, server);
    if (score) add(`s ${dest} ${backend}/${server.name}`, { kind: 'server', dest, backend, name: server.name },
      score, { server, entry });
    // A backend that is called as it was typed is meant before its servers.
    const own = closeness(backend, query);
    if (own) add(`b ${dest} ${backend}`, { kind: 'backend', dest, backend, name: '' }, own === 3 ? 4 : own);
  });
  for (const resource of model.summary.resources) {
    for (const leftOut of resource.left_out) {
      const name = leftOutName(leftOut);
      const score = Math.max(closeness(leftOut.key, query), closeness(name, query),
        closeness(String(leftOut.key).split('/').at(-1), query));
      if (score) add(`l ${resource.dest} ${leftOut.key}`,
        { kind: 'left_out', dest: resource.dest, backend: '', name: name ?? String(leftOut.key), leftOut }, score);
    }
  }
  const all = [...found.values()].sort((a, b) => b.score - a.score
    || compareNames(a.backend + a.name, b.backend + b.name));
  return { matches: all.slice(0, limit), total: all.length };
}

const orders = new Map();

/** A name so that plain comparison puts web2 before web10; a collator takes ten times as long. */
function orderOf(name) {
  let order = orders.get(name);
  if (order === undefined) {
    if (orders.size > 50_000) orders.clear();
    order = name.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(12, '0'));
    orders.set(name, order);
  }
  return order;
}

export function compareNames(a, b) {
  const [x, y] = [orderOf(a), orderOf(b)];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

/** "app/web9" of a key that is left out, where hitlessd knows what it would have been. */
function leftOutName({ object }) {
  return object?.name ? (object.scope ? `${object.scope}/${object.name}` : String(object.name)) : null;
}
