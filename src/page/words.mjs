// States, servers and changes in HAProxy's and hitlessd's own words.
import { baseName, clause, printable } from './format.mjs';

export const phases = [
  ['render', 'render'], ['plan', 'plan'], ['commands', 'commands'],
  ['read_back', 'read back'], ['file', 'file'],
];

/** The state that the fleet shows of a server: what its HAProxy says, or why there is none to say. */
export function stateOf(server, haproxy) {
  if (server.running) {
    if (server.leaving) return 'leaving';
    return String(server.running.state ?? 'unknown');
  }
  if (haproxy?.connected === false) return 'not known';
  return server.wanted ? 'not there' : 'gone';
}

/** Takes new requests, as far as its state says. */
export function isUp(server) {
  return !server.leaving && ['up', 'no check'].includes(server.running?.state);
}

/** The worst first. */
const severity = ['down', 'not there', 'not known', 'starting', 'maint', 'drain', 'leaving', 'no check', 'up'];
export const severityOf = (state) => (severity.indexOf(state) + 1 || 1) - 1;

const checkMeaning = {
  L4OK: 'a connection works', L4TOUT: 'no connection within the time-out', L4CON: 'the connection was refused, or there is no way to it',
  L6OK: 'TLS works', L6TOUT: 'TLS took too long', L6RSP: 'TLS failed',
  L7OK: 'the answer was good', L7OKC: 'the answer was good, under conditions', L7TOUT: 'no answer within the time-out',
  L7RSP: 'the answer could not be understood', L7STS: 'the answer had a bad status',
  PROCERR: 'the check program failed', PROCTOUT: 'the check program took too long', SOCKERR: 'a socket error',
};

/** "L4CON (the connection was refused, …)", in HAProxy's word and ours. */
export function checkWords(check) {
  const [code] = String(check).split(/[\s/:]/);
  return checkMeaning[code] ? `${clause(check)} (${checkMeaning[code]})` : clause(check);
}

/** What can be wrong with a server beside its state; null when nothing is. */
export function remarkOf(server) {
  if (server.obstacle) return { kind: 'reload', text: `needs a reload: ${server.obstacle}` };
  if (server.by_hand) return { kind: 'hand', text: `held by hand: ${server.by_hand.state ?? ''}` };
  if (server.waits) return { kind: 'waits', text: `waits: ${server.waits}` };
  // That it isn't there says the state.
  if (server.differs && server.running) return { kind: 'differs', text: `differs: ${server.differs}` };
  if (server.leaving) return { kind: 'leaving', text: 'no longer wanted' };
  if (server.running?.state === 'down' && server.running.last_check)
    return { kind: 'check', text: checkWords(server.running.last_check) };
  if (server.queued) return { kind: 'queued', text: `queued: ${server.queued}` };
  if (server.serves_in) return { kind: 'slot', text: `in ${server.serves_in}` };
  return null;
}

/** "app/web1"; the name alone where it belongs to nothing. */
export function objectName(object) {
  const full = String(object.name ?? '');
  const name = !['server', 'key'].includes(object.kind) && full.startsWith('/') ? baseName(full) : full;
  return printable(object.scope ? `${object.scope}/${name}` : name);
}

const verbs = {
  add: ['added', 'add'], change: ['changed', 'change'], remove: ['taken out', 'take out'],
  delete: ['deleted', 'delete'], repair: ['repaired', 'repair'], reload: ['HAProxy reloaded', 'reload'],
  write: ['written', 'write'], refused: ['refused', ''], left_out: ['left out', ''],
  hold: ['held', ''], release: ['hold lifted', ''],
  met: ['answers', ''], lost: ['is away', ''],
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

/** What was changed: "app/web1", or the HAProxy that came or went. */
export function changeName(change) {
  return change.haproxy && ['met', 'lost'].includes(change.action) ? `HAProxy ${printable(baseName(change.haproxy))}` : objectName(change.object);
}

/** The one line that the picture shows of a change. */
export function changeLine(change) {
  return `${changeName(change)} ${actionWords(change)}`;
}
