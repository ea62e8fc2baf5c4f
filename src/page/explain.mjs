// Why a server gets new requests or doesn't: hitlessd's fields of it, as sentences.
import { age, baseName, clause, clock, counted, instant, sentence, some } from './format.mjs';
import { handText } from './waits.mjs';
import { checkWords, isUp, stateOf } from './words.mjs';

/**
 * What keeps one server at one HAProxy from new requests, the first cause first:
 * [{text, todo}]; empty when nothing does. `context` is {dest, haproxy, held, leftOut, backend}.
 */
export function causesOf(server, context, now) {
  const { wanted, running } = server;
  if (server.leaving) return [leavingCause(server, now)];
  if (!wanted && running) return [{ text: 'The keys don’t want it, but HAProxy has it.', todo: 'hitlessd takes it out, unless a guard holds that.' }];
  if (!wanted && !running) return [leftOutCause(server, context) ?? {
    text: 'No key wants it, and HAProxy doesn’t have it.',
    todo: 'Write its key, or see with hitless-register whether the service is ready.',
  }];
  if (!running) return [absentCause(server, context, now)];
  return runningCauses(server, context, now);
}

function leavingCause({ leaving }, now) {
  const since = instant(leaving?.since);
  const sessions = leaving?.sessions;
  return {
    text: `It is no longer wanted${since === null ? '' : `: hitlessd took it out ${age(now - since)} ago`}.`
      + ` hitlessd deletes it when its last connection has ended${Number.isFinite(sessions) ? `; there are ${sessions}` : ''}.`,
    todo: 'If it should serve, write its key again.',
  };
}

function leftOutCause(server, { leftOut, backend }) {
  const found = leftOut.find(({ key, object }) => (object?.name
    ? object.name === server.name && object.scope === backend
    : (server.key ? key === server.key : String(key).split('/').at(-1) === server.name)));
  return found ? {
    text: `A bad value keeps it out. ${sentence(found.why)}`,
    todo: 'Correct the value of this key.',
  } : null;
}

function absentCause(server, context, now) {
  const name = `${context.backend}/${server.name}`;
  if (context.haproxy.connected === false) return {
    text: `HAProxy doesn’t answer${context.haproxy.trouble ? `: ${clause(context.haproxy.trouble)}` : ''}. hitlessd adds the server when it is back.`,
    todo: 'See whether HAProxy runs.',
  };
  if (isHeld(context.held, context.backend, server.name)) {
    const until = instant(context.held.until);
    return {
      text: `A guard holds the change that would add it: ${clause(context.held.why)}.`,
      todo: (until === null ? '' : `It goes through at ${clock(until, now)}. `)
        + 'SIGUSR1 lets it through now.',
    };
  }
  if (server.obstacle) return {
    text: `HAProxy can’t add it while it runs: ${clause(server.obstacle)}. It comes with the next reload.`,
    todo: '“hitlessctl caps” shows what this HAProxy can’t take while it runs.',
  };
  if (server.waits) return { text: `It waits: ${clause(server.waits)}.`, todo: '' };
  const left = leftOutCause(server, context);
  if (left) return left;
  if (server.queued) return { text: `It is on its way to HAProxy (${server.queued}).`, todo: '' };
  return {
    text: `The keys want ${name}, but HAProxy doesn’t have it.`,
    todo: 'hitlessd’s log says what HAProxy answered.',
  };
}

function isHeld(held, backend, name) {
  if (!held) return false;
  if (held.objects.length) return held.objects.some((o) => o?.scope === backend && o?.name === name);
  return held.changes.some((text) => {
    const words = text.split(/[\s,;:"']+/);
    return words.includes(`${backend}/${name}`) || words.some((word, i) => word === 'backend' && words[i + 1] === backend);
  });
}

function runningCauses(server, context, now) {
  const { running, by_hand: hand } = server;
  const causes = [];
  const since = instant(running.since);
  const lasting = since === null ? '' : ` for ${age(now - since)}`;
  const byHand = hand
    ? { text: `Someone holds it by hand: ${handText(hand, now)}.`, todo: `hitlessctl ready ${context.backend}/${server.name}` }
    : null;
  if (running.state === 'maint') causes.push(byHand ?? {
    text: `It is in maintenance (maint)${lasting}: no new requests and no checks.`, todo: adminTodo(server, context),
  });
  if (running.state === 'drain') causes.push(byHand ?? {
    text: `It is in drain${lasting}: no new requests, except those that stick to it.`, todo: adminTodo(server, context),
  });
  if (running.state === 'down') causes.push({
    text: `Its check fails${lasting}${running.last_check ? `: ${checkWords(running.last_check)}` : ''}. HAProxy took it out.`,
    todo: `Look at the service at ${running.address}. HAProxy sends requests again when the check succeeds.`,
  });
  if (running.state === 'starting') causes.push({
    text: `It starts${lasting}: HAProxy waits for its first good check${running.last_check ? ` (the last was ${checkWords(running.last_check)})` : ''}.`,
    todo: '',
  });
  if (running.weight === 0) causes.push(hand && !['maint', 'drain'].includes(running.state) ? byHand : {
    text: 'Its weight is 0: no new requests, except those that stick to it.',
    todo: server.wanted?.weight === 0 && server.key ? `Write another weight into ${server.key}.` : adminTodo(server, context),
  });
  if (server.wanted?.address && running.address && server.wanted.address !== running.address) causes.push({
    text: `HAProxy sends its requests to ${running.address}, but the keys want ${server.wanted.address}.`
      + (server.obstacle ? ` That needs a reload: ${clause(server.obstacle)}.` : ''),
    todo: '',
  });
  return causes;
}

function adminTodo(server, { backend }) {
  const wanted = server.wanted?.state;
  if (wanted === server.running.state && server.key) return `The key wants it so: ${server.key}.`;
  return `hitlessctl ready ${backend}/${server.name}`;
}

/** What else is worth knowing of a server that takes requests. */
function notes(server, share) {
  const { running } = server;
  const found = [];
  const sessions = Number.isFinite(running.sessions) ? `${counted(running.sessions, 'session')} now` : null;
  const part = share === null ? null : `about ${Math.round(share * 1000) / 10} % of the new requests of its backend`;
  found.push(`It is ${running.state === 'no check' ? 'up (without a check)' : running.state}, with weight ${running.weight ?? '?'}`
    + `${part ? `: ${part}` : ''}${sessions ? `; ${sessions}` : ''}.`);
  if (running.queue > 0) found.push(`${counted(running.queue, 'request')} ${running.queue === 1 ? 'waits' : 'wait'} for it: it has as many connections as it may have.`);
  if (server.differs) found.push(`It is not yet as the keys want: ${clause(server.differs)}.`);
  if (server.obstacle) found.push(`A part of it needs a reload: ${clause(server.obstacle)}.`);
  if (server.serves_in) found.push(`It runs in the spare server ${server.serves_in}.`);
  if (server.by_hand) found.push(`Someone holds it: ${server.by_hand.state ?? ''}.`);
  return found;
}

/** Which part of the new requests goes to the server, by its weight; null where it can't be told. */
export function shareOf(server, siblings) {
  let sum = 0;
  for (const sibling of siblings) if (isUp(sibling)) sum += sibling.running.weight ?? 0;
  return isUp(server) && sum > 0 ? (server.running.weight ?? 0) / sum : null;
}

const contextOf = ({ resource, haproxy }, backend) => ({
  dest: resource.dest, haproxy, backend, held: resource.held, leftOut: resource.left_out,
});

/** {title, tone, sentences: [text], todo: [text], facts: [[name, value]]} of a match of find(). */
export function explain(match, model, now) {
  if (match.kind === 'left_out') return explainLeftOut(match);
  if (match.kind === 'backend') return explainBackend(match, model);
  return explainServer(match, model, now);
}

function explainLeftOut({ name, leftOut }) {
  return {
    title: `${name} is left out`, tone: 'bad', facts: [['key', leftOut.key]],
    sentences: [`A bad value keeps it out of HAProxy. ${sentence(leftOut.why)}`],
    todo: ['Correct the value of this key. hitlessd takes it up at once.'],
  };
}

function explainServer(match, model, now) {
  const name = `${match.backend}/${match.name}`;
  const found = []; // for each HAProxy, its sentences
  const todo = new Set();
  let served = 0;
  for (const { server, entry } of match.at) {
    const sentences = [];
    const causes = causesOf(server, contextOf(entry, match.backend), now);
    const siblings = entry.fleet.backends.get(match.backend)?.values() ?? [];
    const takes = isUp(server) && server.running.weight !== 0;
    if (takes && entry.haproxy.connected !== false) served += 1;
    if (server.running && entry.haproxy.connected === false)
      sentences.push('HAProxy is away; this is what hitlessd saw last.');
    for (const cause of causes) {
      sentences.push(cause.text);
      if (cause.todo) todo.add(cause.todo);
    }
    if (takes) sentences.push(...notes(server, shareOf(server, siblings)));
    found.push({ at: baseName(entry.haproxy.socket), text: sentences.join(' ') });
  }
  if (served === match.at.length) todo.add(`If it still gets none, no frontend may lead to the backend: hitlessctl explain ${name}`);
  const title = served === 0 ? `${name} gets no new requests`
    : served < match.at.length ? `${name} gets requests from ${served} of ${match.at.length} HAProxies`
      : `${name} gets new requests`;
  return {
    title, tone: served === match.at.length ? 'good' : 'bad', sentences: together(found),
    todo: [...todo], facts: factsOf(match.at[0].server),
  };
}

/** Said once where all HAProxies agree. */
function together(found) {
  if (found.every(({ text }) => text === found[0].text)) return [found[0].text];
  return found.map(({ at, text }) => `At ${at}: ${text}`);
}

function factsOf(server) {
  const wanted = server.wanted && `${server.wanted.address}, weight ${server.wanted.weight ?? 1}, ${server.wanted.state ?? 'ready'}`;
  const running = server.running && `${server.running.address}, weight ${server.running.weight ?? '?'}, ${server.running.state}`;
  return [['key', server.key], ['wanted', wanted ?? 'no'], ['running', running ?? 'no']].filter(([, value]) => value);
}

function explainBackend(match, model) {
  const byState = new Map();
  let total = 0;
  for (const [, fleet] of model.fleets) {
    if (fleet.dest !== match.dest) continue;
    for (const server of fleet.backends.get(match.backend)?.values() ?? []) {
      const state = stateOf(server);
      byState.set(state, [...(byState.get(state) ?? []), server.name]);
      total += 1;
    }
  }
  const up = (byState.get('up')?.length ?? 0) + (byState.get('no check')?.length ?? 0);
  const sentences = [...byState].filter(([state]) => state !== 'up' && state !== 'no check')
    .map(([state, names]) => `${names.length} ${state}: ${some(names)}.`);
  if (total === 0) sentences.push('It has no server. Requests for it get 503.');
  else if (sentences.length === 0) sentences.push('All of them take new requests.');
  return {
    title: `backend ${match.backend}: ${up} of ${counted(total, 'server')} up`,
    tone: up === total && total > 0 ? 'good' : up === 0 ? 'bad' : 'wait',
    sentences, todo: [], facts: [],
  };
}
