// States, servers and changes in HAProxy's and hitlessd's own words.
import { baseName, printable } from './format.mjs';

export const phases = [
  ['render', 'render'], ['plan', 'plan'], ['commands', 'commands'],
  ['read_back', 'read back'], ['file', 'file'],
];

/** The state that the fleet shows of a server: what HAProxy says, or why HAProxy doesn't have it. */
export function stateOf(server) {
  if (server.running) {
    if (server.leaving) return 'leaving';
    return String(server.running.state ?? 'unknown');
  }
  return server.wanted ? 'not there' : 'gone';
}

/** Takes new requests, as far as its state says. */
export function isUp(server) {
  return !server.leaving && ['up', 'no check'].includes(server.running?.state);
}

/** The worst first. */
const severity = ['down', 'not there', 'starting', 'maint', 'drain', 'leaving', 'no check', 'up'];
export const severityOf = (state) => (severity.indexOf(state) + 1 || 1) - 1;

/** What can be wrong with a server beside its state; null when nothing is. */
export function remarkOf(server) {
  if (server.obstacle) return { kind: 'reload', text: `needs a reload: ${server.obstacle}` };
  if (server.by_hand) return { kind: 'hand', text: `held by hand: ${server.by_hand.state ?? ''}` };
  if (server.waits) return { kind: 'waits', text: `waits: ${server.waits}` };
  if (server.differs) return { kind: 'differs', text: `differs: ${server.differs}` };
  if (server.leaving) return { kind: 'leaving', text: 'no longer wanted' };
  if (server.queued) return { kind: 'queued', text: `queued: ${server.queued}` };
  if (server.serves_in) return { kind: 'slot', text: `in ${server.serves_in}` };
  return null;
}

/** "app/web1"; the name alone where it belongs to nothing. */
export function objectName(object) {
  const full = String(object.name ?? '');
  const name = object.kind !== 'server' && full.startsWith('/') ? baseName(full) : full;
  return printable(object.scope ? `${object.scope}/${name}` : name);
}

const verbs = {
  add: ['added', 'add'], change: ['changed', 'change'], remove: ['taken out', 'take out'],
  delete: ['deleted', 'delete'], repair: ['repaired', 'repair'], reload: ['HAProxy reloaded', 'reload'],
  write: ['written', 'write'], refused: ['refused', ''], left_out: ['left out', 'leave out'],
  hold: ['held', 'hold'], release: ['hold lifted', 'lift the hold'],
  met: ['HAProxy met', 'meet'], lost: ['HAProxy lost', ''],
};

/** What was done: "added", or "could not add" when HAProxy refused it. */
export function actionWords(change) {
  const [done, infinitive] = verbs[change.action] ?? [printable(change.action ?? ''), ''];
  if (!infinitive || !['refused', 'failed'].includes(change.result)) return done;
  return `${change.result === 'refused' ? 'refused' : 'failed'}: ${infinitive}`;
}

/** good, bad, or quiet: how much a change asks to be looked at. */
export function changeTone(change) {
  if (change.result === 'refused' || change.result === 'failed') return 'bad';
  if (['refused', 'lost'].includes(change.action)) return 'bad';
  if (['repair', 'reload', 'left_out', 'hold'].includes(change.action)) return 'note';
  return 'quiet';
}

/** The one line that the picture shows of a change. */
export function changeLine(change) {
  return `${objectName(change.object)} ${actionWords(change)}`;
}
