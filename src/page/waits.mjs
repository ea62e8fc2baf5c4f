// What is held, owed, left out or on its way out, and why: groups of sentences.
import { censusOf } from './census.mjs';
import { age, baseName, clause, clock, counted, instant, sentence } from './format.mjs';

/** [{kind, title, why, items: [{name, text}]}]; empty when nothing waits. */
export function waitsOf(model, now) {
  if (model.summary === null) return [];
  const servers = serversThatWait(model, now);
  return [
    ...model.summary.resources.flatMap((r) => [heldGroup(r, now), owedGroup(r, now), leftOutGroup(r)]),
    servers.hand.length ? {
      kind: 'hand', title: 'Held by hand', items: servers.hand,
      why: 'Someone holds these with hitlessctl. hitlessd leaves them so until the time is over; “hitlessctl ready” lifts a hold.',
    } : null,
    servers.waits.length ? {
      kind: 'waits', title: 'Not there yet', items: servers.waits,
      why: 'The keys want these otherwise than HAProxy has them.',
    } : null,
    servers.leaving.length ? {
      kind: 'leaving', title: 'Leaving', items: servers.leaving,
      why: 'No longer wanted. They get no new requests, and are deleted when their last connection has ended.',
    } : null,
  ].filter(Boolean);
}

function heldGroup({ held, dest }, now) {
  if (!held) return null;
  const until = instant(held.until);
  return {
    kind: 'held', title: 'Held by a guard',
    why: `${sentence(held.why)} ` + (until === null ? 'It waits to be let through.'
      : until > now ? `It goes through at ${clock(until, now)}, in ${age(until - now)}.` : 'It goes through now.'),
    items: held.changes.filter((text) => text !== held.why).map((text) => ({ name: '', text })),
    about: baseName(dest),
  };
}

function owedGroup({ reload, dest }, now) {
  if (!reload.owed) return null;
  const [since, next] = [instant(reload.since), instant(reload.next)];
  return {
    kind: 'owed', title: 'A reload is owed',
    why: 'HAProxy can’t take this while it runs, so it is reloaded once for all of it'
      + (next === null ? '.' : next > now ? `, at ${clock(next, now)}, in ${age(next - now)}.` : ', now.')
      + (since === null ? '' : ` Owed for ${age(now - since)}.`),
    items: reload.obstacles.map((obstacle) => ({ name: '', text: String(obstacle.words ?? '') })),
    about: baseName(dest),
  };
}

function leftOutGroup({ left_out: leftOut, dest }) {
  if (leftOut.length === 0) return null;
  return {
    kind: 'left_out', title: 'Left out',
    why: `A bad value keeps ${leftOut.length === 1 ? 'this key' : `these ${leftOut.length} keys`} out; everything else is served.`,
    // hitlessd's sentence mostly begins with the key.
    items: leftOut.map(({ key, why }) => (String(why).startsWith(`key ${key}`) ? { name: '', text: sentence(why) }
      : { name: String(key ?? ''), text: String(why ?? '') })),
    about: baseName(dest),
  };
}

function serversThatWait(model, now) {
  const found = { hand: [], waits: [], leaving: [] };
  const held = new Set();
  for (const { server, backend, entry: { haproxy, fleet } } of censusOf(model).waiting) {
    const name = `${backend}/${server.name}`;
    // A hold counts for all HAProxies of the file.
    if (server.by_hand && !held.has(`${fleet.dest} ${name}`)) {
      held.add(`${fleet.dest} ${name}`);
      found.hand.push({ name, text: handText(server.by_hand, now) });
    }
    if (server.leaving) found.leaving.push({ name, text: leavingText(server.leaving, now) });
    else if (!server.by_hand && (server.obstacle || server.waits || server.differs))
      found.waits.push({ name, text: clause(server.obstacle ?? server.waits ?? server.differs), at: haproxy.socket });
  }
  return found;
}

export function handText({ state, until, because }, now) {
  const at = instant(until);
  return [state, at === null ? null : `until ${clock(at, now)}`, because ? `because: ${because}` : null]
    .filter(Boolean).join(', ');
}

function leavingText({ since, until, sessions }, now) {
  const [began, ends] = [instant(since), instant(until)];
  return [
    began === null ? null : `for ${age(now - began)}`,
    Number.isFinite(sessions) ? `still ${counted(sessions, 'connection')}` : null,
    ends === null ? null : `cut off at ${clock(ends, now)}`,
  ].filter(Boolean).join(', ');
}
