// What the page knows: /status and the events of /events put together. No DOM, no network.
//
// What comes from hitlessd is looked at before it is used: a field that is missing, or of another
// kind than agreed, is as good as null.

const keptChanges = 200;

const asList = (value) => (Array.isArray(value) ? value : []);
const asObject = (value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? value : null;

export function createModel() {
  return {
    summary: null, // /status without changes and backends
    fleets: new Map(), // "DEST SOCKET" → {dest, socket, backends: name → (name → SERVER)}
    changes: [], // oldest first; {…CHANGE, isNew}, or {marker: 'restarted' | 'gap', time}
    process: null, // when the hitlessd that speaks was started
    awaySince: null, // ms, while hitlessd can't be reached
    lastHeard: null, // ms
    clockOffset: 0, // hitlessd's clock minus ours, in ms
    stateSeen: null, // ms: when the state was seen to change, for a hitlessd that doesn't tell
    version: 0, // counts all that changes below
    fleetVersion: 0,
    changesVersion: 0,
  };
}

export const fleetKey = (dest, socket) => `${dest} ${socket}`;

/** The answer of GET /status. */
export function applyStatus(model, status, now) {
  const { changes, ...summary } = asObject(status) ?? {};
  applySummary(model, summary, now);
  for (const resource of asList(summary.resources).filter(asObject)) {
    for (const haproxy of asList(resource.haproxies).filter(asObject))
      applyServers(model, {
        resource: resource.dest, haproxy: haproxy.socket, backends: haproxy.backends, whole: true,
      }, now);
  }
  for (const change of asList(changes)) applyChange(model, change, now, false);
}

/** The event `summary`. Returns whether it is of another process than what came before. */
export function applySummary(model, summary, now) {
  if (!asObject(summary)) return false;
  heard(model, now);
  const resources = asList(summary.resources).filter(asObject).map(tidyResource);
  const isAnother = isAnotherProcess(model, summary.started ?? null);
  if (isAnother) addMarker(model, 'restarted', String(summary.started));
  model.process = summary.started ?? null;
  if (model.summary !== null && model.summary.state !== summary.state) model.stateSeen = now;
  model.summary = { ...summary, resources, reasons: asList(summary.reasons).map(String) };
  const serverNow = Date.parse(summary.now);
  if (!Number.isNaN(serverNow)) model.clockOffset = serverNow - now;
  const known = new Set(resources.flatMap((r) => r.haproxies.map((h) => fleetKey(r.dest, h.socket))));
  for (const key of model.fleets.keys()) {
    if (known.has(key)) continue;
    model.fleets.delete(key);
    model.fleetVersion += 1;
  }
  return isAnother;
}

const isAnotherProcess = (model, process) => model.process !== null && process !== null && process !== model.process;

function addMarker(model, marker, time) {
  model.changes.push({ marker, time });
  inOrder(model);
  model.changesVersion += 1;
}

function inOrder({ changes }) {
  if (changes.length > 1 && changes.at(-2).time > changes.at(-1).time)
    changes.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function tidyResource(resource) {
  const reload = asObject(resource.reload) ?? {};
  const held = asObject(resource.held);
  return {
    ...resource,
    dest: String(resource.dest ?? ''),
    left_out: asList(resource.left_out).filter(asObject),
    troubles: asList(resource.troubles).filter(asObject),
    held: held && { ...held, changes: asList(held.changes).map(String), objects: asList(held.objects) },
    reload: { ...reload, owed: reload.owed === true, obstacles: asList(reload.obstacles).filter(asObject) },
    haproxies: asList(resource.haproxies).filter(asObject).map(
      ({ backends, ...haproxy }) => ({ ...haproxy, socket: String(haproxy.socket ?? '') })),
  };
}

/** The event `servers`. Servers that it doesn't name stay, unless it is whole. */
export function applyServers(model, event, now) {
  if (!asObject(event)) return;
  heard(model, now);
  const [dest, socket] = [String(event.resource ?? ''), String(event.haproxy ?? '')];
  const key = fleetKey(dest, socket);
  const old = model.fleets.get(key);
  const fleet = event.whole || !old ? { dest, socket, backends: new Map() } : old;
  for (const backend of asList(event.backends).filter(asObject)) {
    const name = String(backend.name ?? '');
    const servers = fleet.backends.get(name) ?? new Map();
    for (const gone of asList(backend.gone)) servers.delete(String(gone));
    for (const server of asList(backend.servers).filter(asObject))
      servers.set(String(server.name ?? ''), { ...server, name: String(server.name ?? '') });
    if (backend.deleted) fleet.backends.delete(name);
    else fleet.backends.set(name, servers);
  }
  model.fleets.set(key, fleet);
  model.fleetVersion += 1;
}

/** The event `change`. One that is known already is left as it is. */
export function applyChange(model, change, now, isNew = true) {
  if (!asObject(change)) return null;
  heard(model, now);
  // Each process numbers its changes from 1 on.
  if (model.changes.some((known) => known.id === change.id && known.time === change.time)) return null;
  const entry = {
    ...change, isNew,
    object: asObject(change.object) ?? { kind: 'file', scope: '', name: '' },
    keys: asList(change.keys).map(String),
    commands: asList(change.commands).map(String),
    phases_ms: asObject(change.phases_ms) ?? {},
  };
  model.changes.push(entry);
  inOrder(model);
  if (model.changes.length > keptChanges) model.changes.splice(0, model.changes.length - keptChanges);
  model.changesVersion += 1;
  return entry;
}

/** The event `phases`: how long parts of changes took that were known only after the change was told. Returns them. */
export function applyPhases(model, event, now) {
  heard(model, now);
  const told = new Map(asList(asObject(event)?.changes).filter(asObject).map((one) => [one.id, asObject(one.phases_ms)]));
  const amended = [];
  model.changes.forEach((change, at) => {
    const phases = told.get(change.id);
    if (!phases || change.marker) return;
    model.changes[at] = { ...change, phases_ms: phases, isNew: false };
    amended.push(model.changes[at]);
    model.changesVersion += 1;
  });
  return amended;
}

/** The event `missed`: what follows may be of another process, or has a gap before it. */
export function applyMissed(model, event, now) {
  heard(model, now);
  const process = asObject(event)?.process ?? null;
  const isAnother = isAnotherProcess(model, process);
  if (isAnother) model.process = process;
  addMarker(model, isAnother ? 'restarted' : 'gap',
    isAnother ? String(process) : new Date(now + model.clockOffset).toISOString());
}

/** hitlessd can't be reached: what is known stays, as what was heard last. */
export function applyAway(model, now) {
  if (model.awaySince !== null) return;
  model.awaySince = now;
  model.version += 1;
}

/** Anything that came from hitlessd. */
export function heard(model, now) {
  model.lastHeard = now;
  model.awaySince = null;
  model.version += 1;
}

/** All HAProxies: {resource, haproxy, fleet}, in the order of /status. */
export function haproxiesOf(model) {
  return asList(model.summary?.resources).flatMap((resource) => resource.haproxies.map((haproxy) => ({
    resource, haproxy, fleet: model.fleets.get(fleetKey(resource.dest, haproxy.socket)) ?? null,
  })));
}

/** All servers: calls visit(server, backendName, entry of haproxiesOf). */
export function eachServer(model, visit) {
  for (const entry of haproxiesOf(model)) {
    for (const [backend, servers] of entry.fleet?.backends ?? []) {
      for (const server of servers.values()) visit(server, backend, entry);
    }
  }
}
