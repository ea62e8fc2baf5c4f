// The rows of the fleet: which servers, in which order, under which backends. No DOM.
import { baseName, instant } from './format.mjs';
import { haproxiesOf } from './model.mjs';
import { isUp, severityOf, stateOf } from './words.mjs';
import { compareNames } from './find.mjs';

/** What someone may ask to see only. */
export const scopes = {
  all: () => true,
  problems: (server) => !isUp(server) || Boolean(server.differs || server.obstacle)
    || server.running?.weight === 0 || server.running?.queue > 0,
  hand: (server) => Boolean(server.by_hand),
  leaving: (server) => Boolean(server.leaving),
};

const sortKeys = {
  state: (server, haproxy) => severityOf(stateOf(server, haproxy)),
  name: (server) => server.name,
  address: (server) => (server.running ?? server.wanted)?.address ?? '',
  weight: (server) => server.running?.weight ?? -1,
  sessions: (server) => server.running?.sessions ?? -1,
  queue: (server) => server.running?.queue ?? -1,
  // The youngest has the latest time.
  age: (server) => -(instant(server.running?.since) ?? 0),
};

function comparator({ key, descending }, haproxy) {
  const value = sortKeys[key];
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [x, y] = [value(a, haproxy), value(b, haproxy)];
    const order = typeof x === 'string' ? compareNames(x, y) : x - y;
    return order !== 0 ? sign * order : compareNames(a.name, b.name);
  };
}

/** A part of BACKEND/SERVER, an address or a key; with * or ? a whole BACKEND/SERVER. */
export function matcher(filter) {
  const text = filter.trim().toLowerCase();
  if (!text) return () => true;
  if (!/[*?]/.test(text))
    return (server, backend) => `${backend}/${server.name}`.toLowerCase().includes(text)
      || ((server.running ?? server.wanted)?.address ?? '').toLowerCase().includes(text)
      || String(server.key ?? '').toLowerCase().includes(text);
  const pattern = text.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replace(/\?/g, '.');
  const whole = new RegExp(`^${pattern}$`);
  return (server, backend) => whole.test(`${backend}/${server.name}`.toLowerCase());
}

/**
 * view: {filter, scope, sort: {key, descending}, folded: Set of row ids, haproxy: key or ''}.
 * Returns {rows, shown, total}; a row is {id, level: 1, backend, haproxy, states, …} or
 * {id, level: 2, server, …}.
 */
export function fleetRows(model, view) {
  const matches = matcher(view.filter);
  const inScope = scopes[view.scope] ?? scopes.all;
  const groups = [];
  let [shown, total] = [0, 0];
  const all = haproxiesOf(model);
  for (const { haproxy, fleet } of all) {
    if (!fleet || (view.haproxy && view.haproxy !== haproxy.socket)) continue;
    for (const [backend, servers] of fleet.backends) {
      const group = newGroup(fleet, haproxy, backend, all.length > 1);
      for (const server of servers.values()) {
        total += 1;
        count(group, server);
        if (inScope(server) && matches(server, backend)) group.servers.push(server);
      }
      shown += group.servers.length;
      const isEmptyOnPurpose = view.scope === 'all' && !view.filter.trim();
      if (group.servers.length || (isEmptyOnPurpose && servers.size === 0)) groups.push(group);
    }
  }
  groups.sort((a, b) => groupOrder(a, b, view.sort));
  const rows = [];
  for (const { servers, ...group } of groups) {
    const open = !view.folded.has(group.id);
    rows.push({ ...group, open, shown: servers.length });
    if (!open) continue;
    for (const server of servers.sort(comparator(view.sort, group.haproxy)))
      rows.push({ id: `${group.id}/${server.name}`, level: 2, server, backend: group.backend,
        haproxy: group.haproxy, dest: group.dest });
  }
  return { rows, shown, total };
}

function newGroup(fleet, haproxy, backend, several) {
  return {
    id: `${fleet.dest} ${haproxy.socket} ${backend}`, level: 1, backend, haproxy, dest: fleet.dest,
    where: several ? baseName(haproxy.socket) : '', servers: [], size: 0, up: 0, weight: 0,
    sessions: 0, queue: 0, states: new Map(), worst: 99,
  };
}

function count(group, server) {
  const state = stateOf(server, group.haproxy);
  group.size += 1;
  group.states.set(state, (group.states.get(state) ?? 0) + 1);
  group.worst = Math.min(group.worst, severityOf(state));
  if (isUp(server)) {
    group.up += 1;
    group.weight += server.running.weight ?? 0;
  }
  group.sessions += server.running?.sessions ?? 0;
  group.queue += server.running?.queue ?? 0;
}

function groupOrder(a, b, { key, descending }) {
  const sign = descending ? -1 : 1;
  const order = { state: a.worst - b.worst, sessions: a.sessions - b.sessions, queue: a.queue - b.queue,
    weight: a.weight - b.weight }[key];
  if (order) return sign * order;
  return (key === 'name' ? sign : 1) * compareNames(a.backend, b.backend);
}

/**
 * The servers that aren't up, rolled up by backend, state and last check, the worst first:
 * [{backend, state, check, names, since}].
 */
export function failures(model) {
  const groups = new Map();
  for (const { fleet, haproxy } of haproxiesOf(model)) {
    for (const [backend, servers] of fleet?.backends ?? []) {
      for (const server of servers.values()) {
        const state = stateOf(server, haproxy);
        if (isUp(server) || ['leaving', 'gone', 'not known'].includes(state)) continue;
        const check = state === 'down' ? server.running.last_check ?? '' : '';
        const key = `${backend} ${state} ${check}`;
        const group = groups.get(key) ?? { backend, state, check, names: new Set(), since: null };
        group.names.add(server.name);
        const since = instant(server.running?.since);
        if (since !== null && (group.since === null || since < group.since)) group.since = since;
        groups.set(key, group);
      }
    }
  }
  return [...groups.values()].map((group) => ({ ...group, names: [...group.names].sort(compareNames) }))
    .sort((a, b) => severityOf(a.state) - severityOf(b.state) || b.names.length - a.names.length);
}

/** How many servers each scope has. */
export function scopeCounts(model) {
  const counts = Object.fromEntries(Object.keys(scopes).map((scope) => [scope, 0]));
  for (const { fleet } of haproxiesOf(model)) {
    for (const servers of fleet?.backends.values() ?? []) {
      for (const server of servers.values())
        for (const scope of Object.keys(scopes)) if (scopes[scope](server)) counts[scope] += 1;
    }
  }
  return counts;
}

