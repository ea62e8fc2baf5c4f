// What is wrong, the worst first: each with a title of few words, one sentence, and what to do.
import { censusOf } from './census.mjs';
import { age, baseName, clause, clock, counted, instant, sentence, some } from './format.mjs';
import { haproxiesOf } from './model.mjs';

const because = (trouble) => (trouble ? `: ${clause(trouble)}` : '');

function registryProblems(summary) {
  const registry = summary.registry;
  if (!registry || registry.connected !== false) return [];
  return [{
    tone: 'bad', title: 'The keys can’t be read',
    what: `${registry.name ?? 'The registry'} doesn’t answer${because(registry.trouble)}. `
      + 'HAProxy goes on with the servers that it has; hitlessd doesn’t see what changes.',
    todo: 'See whether etcd runs and can be reached from here. hitlessd tries again by itself, and then reads all keys.',
  }];
}

function lostAt({ changes }, socket) {
  const last = [...changes].reverse().find((change) => change.haproxy === socket && ['lost', 'met'].includes(change.action));
  return last?.action === 'lost' ? instant(last.time) : null;
}

function haproxyProblems(model) {
  const all = haproxiesOf(model);
  return all.filter(({ haproxy }) => haproxy.connected === false).map(({ haproxy }) => ({
    since: lostAt(model, haproxy.socket),
    tone: 'bad', title: all.length === 1 ? 'HAProxy is away' : `HAProxy ${baseName(haproxy.socket)} is away`,
    // hitlessd's own sentence names the socket mostly.
    what: (String(haproxy.trouble).includes(haproxy.socket) ? sentence(haproxy.trouble)
      : `HAProxy doesn’t answer at ${haproxy.socket}${because(haproxy.trouble)}.`)
      + ' Nobody knows how its servers are.',
    todo: 'See whether HAProxy runs: systemctl status haproxy. When it is back, hitlessd brings it in step at once.',
  }));
}

/** The last reload; what is owed no longer is no problem. */
export const hasFailed = (reload) => reload.owed && reload.last?.result === 'failed';

function fileProblems(resource) {
  const file = baseName(resource.dest);
  const found = [];
  if (resource.check_refused) found.push({
    tone: 'bad', title: `The new ${file} was refused`,
    what: `The check refused it${because(resource.check_refused)}. The file before it stays.`,
    todo: 'Correct the key or the template that made this. Servers still follow the keys meanwhile, without a reload.',
  });
  if (hasFailed(resource.reload)) found.push({
    tone: 'bad', title: 'The reload failed',
    what: `HAProxy could not be reloaded with ${file}.`
      + (resource.haproxies.some((h) => h.connected) ? ' It goes on as it was, and still gets its servers live.' : ''),
    todo: `Look into hitlessd’s log for what reload_cmd printed.${nextTry(resource.reload)}`,
  });
  const refused = resource.troubles.filter(({ source, message }) => source === 'haproxy'
    && !resource.haproxies.some((h) => h.trouble === message));
  if (refused.length > 0) found.push({
    tone: 'bad', title: 'HAProxy doesn’t get everything',
    what: sentence(refused[0].message) + (refused.length > 1 ? ` And ${refused.length - 1} more.` : ''),
    todo: 'hitlessd tries again by itself; its log says more.',
  });
  for (const { source, message } of resource.troubles) {
    // What the registry and HAProxy have is said above.
    if (source === 'registry' || source === 'haproxy') continue;
    if (resource.check_refused && source === 'file') continue;
    found.push({
      tone: 'bad', title: source === 'keys' ? `${file} can’t be made` : `${file} can’t be kept`,
      what: sentence(message),
      todo: source === 'keys'
        ? 'Correct the key or the template. Until then HAProxy stays as it is.'
        : 'hitlessd tries again by itself; its log says more.',
    });
  }
  return found;
}

function nextTry(reload) {
  const next = instant(reload.next);
  return next === null ? ' hitlessd tries again by itself.' : ` hitlessd tries again at ${clock(next)}.`;
}

function waitingProblems(resource, now) {
  const found = [];
  if (resource.held) {
    const until = instant(resource.held.until);
    found.push({
      tone: 'wait', title: 'A change is held',
      what: `A guard holds it: ${clause(resource.held.why)}.`,
      todo: (until === null ? '' : `It goes through at ${clock(until)}. `)
        + 'If it is meant: systemctl kill --kill-who=main -s USR1 hitlessd lets it through now. If not, put the keys back.',
    });
  }
  if (resource.reload.owed) {
    const since = instant(resource.reload.since);
    const causes = resource.reload.obstacles.map((o) => String(o.words ?? ''));
    found.push({
      tone: 'wait', title: 'A reload is owed',
      what: `HAProxy can’t take this while it runs: ${some(causes, 2) || 'a part of the file'}`
        + `${since === null ? '' : `; owed for ${age(now - since)}`}.`,
      todo: `Nothing.${nextTry(resource.reload).replace('tries again', 'reloads it')}`,
    });
  }
  return found;
}

function deadBackendProblems(model) {
  const names = censusOf(model).dead;
  if (names.length === 0) return [];
  const one = names.length === 1;
  return [{
    tone: 'bad', isTraffic: true, title: one ? `Backend ${names[0]} has no server up` : `${names.length} backends have no server up`,
    what: `${one ? 'Backend' : 'Backends'} ${some(names)} ${one ? 'has' : 'have'} servers, but none that takes requests: clients get 503.`,
    todo: 'Look at the fleet below, the worst first: the last check says why a server is down.',
  }];
}

function differingProblem(model) {
  const names = censusOf(model).differing;
  if (names.length === 0) return [];
  return [{
    tone: 'wait', title: 'Not in step', isDifference: true,
    what: `${counted(names.length, 'server')} in HAProxy ${names.length === 1 ? 'is' : 'are'} not as the keys want: ${some(names)}.`,
    todo: 'Type such a server’s name into the search: the page says what it waits for.',
  }];
}

function leftOutProblem(resources) {
  const keys = resources.flatMap((r) => r.left_out.map((l) => String(l.key)));
  if (keys.length === 0) return [];
  return [{
    tone: 'wait', title: keys.length === 1 ? 'A key is left out' : `${keys.length} keys are left out`, isLeftOut: true,
    what: `${keys.length === 1 ? 'Its value is no good, so nothing is made of it' : 'Their values are no good, so nothing is made of them'}: ${some(keys)}.`,
    todo: 'Correct the value; the reason is under “What waits”. Everything else is served.',
  }];
}

/** All problems of what hitlessd says; the model has a summary. */
export function problemsOf(model, now) {
  const { summary } = model;
  return [
    ...haproxyProblems(model), ...registryProblems(summary),
    ...summary.resources.flatMap(fileProblems), ...deadBackendProblems(model),
    ...summary.resources.flatMap((resource) => waitingProblems(resource, now)),
    ...differingProblem(model), ...leftOutProblem(summary.resources),
  ];
}
