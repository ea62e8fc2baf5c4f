// The first thing that the page says: is HAProxy in step with the keys, since when, and if not, why.
import { censusOf } from './census.mjs';
import { age, clause, clock, counted, instant, list } from './format.mjs';
import { haproxiesOf } from './model.mjs';
import { problemsOf } from './problems.mjs';
import { changeName } from './words.mjs';

// Changes take milliseconds: what is on its way for less than this isn't worth a word.
const noticedAfter = 1500;

/**
 * {tone: good | wait | bad | away | none, title, since (ms or null), what, todo, more: [problem]}.
 * `now` is in ms, by hitlessd's clock.
 */
export function verdictOf(model, now) {
  if (model.summary === null) return beforeTheFirst(model, now);
  if (model.awaySince !== null) return {
    tone: 'away', title: 'hitlessd is away', since: model.awaySince + model.clockOffset,
    what: 'The page doesn’t reach it. HAProxy goes on by itself; below is what hitlessd said last.',
    todo: 'See whether it runs: systemctl status hitlessd. The page goes on when it answers again.', more: [],
  };
  const seen = model.stateSeen === null ? null : model.stateSeen + model.clockOffset;
  const since = instant(model.summary.state_since) ?? seen;
  const problems = problemsOf(model, now);
  if (problems.length > 0) return fromProblems(problems, since);
  return fromState(model, since, now);
}

function beforeTheFirst(model) {
  return model.awaySince === null
    ? { tone: 'none', title: 'Asking hitlessd …', since: null, what: '', todo: '', more: [] }
    : { tone: 'away', title: 'hitlessd doesn’t answer', since: model.awaySince,
      what: 'The page has not heard of it yet.',
      todo: 'See whether it runs: systemctl status hitlessd. The page tries again by itself.', more: [] };
}

function fromProblems(problems, since) {
  const [first, ...more] = problems;
  // hitlessd has done its part where only servers are down, or a value is no good.
  const isStep = first.isTraffic || first.isLeftOut;
  const title = isStep ? `In step, but ${first.title[0].toLowerCase()}${first.title.slice(1)}` : first.title;
  return { tone: first.tone, title, since: first.since ?? since, what: first.what, todo: first.todo, more };
}

function fromState(model, since, now) {
  const state = model.summary.state;
  const calm = { since, todo: '', more: [] };
  if (state === 'starting') return {
    ...calm, tone: 'wait', title: 'hitlessd starts', what: reasons(model) || 'It reads the keys and looks at HAProxy.',
  };
  if (state === 'ending') return { ...calm, tone: 'wait', title: 'hitlessd ends', what: 'HAProxy goes on as it is.' };
  if (state === 'degraded') return {
    ...calm, tone: 'bad', title: 'Something is wrong', what: reasons(model), todo: 'hitlessd’s log says more.',
  };
  if (state === 'working' && since !== null && now - since > noticedAfter) return {
    ...calm, tone: 'wait', title: 'Catching up', what: queuedWords(model) || reasons(model),
  };
  return {
    ...calm, tone: 'good', title: 'In step', what: fleetWords(model), since: state === 'in_step' ? since : null,
    todo: model.summary.registry?.keys === 0 ? 'Write the first key, or start a service with hitless-register.' : '',
  };
}

const reasons = (model) => model.summary.reasons.map((r) => `${clause(r)}.`).join(' ');

function queuedWords(model) {
  const queued = haproxiesOf(model).reduce((sum, { haproxy }) => sum + (haproxy.queued ?? 0), 0);
  return queued ? `${counted(queued, 'server')} on the way to HAProxy.` : '';
}

function fleetWords(model) {
  const { servers, backends, haproxies } = censusOf(model);
  if (haproxies === 0) return 'The files are as the keys want them. No HAProxy is kept.';
  if (servers === 0) return 'The keys want no server, and HAProxy has none.';
  const runs = haproxies === 1 ? 'HAProxy runs' : `${haproxies} HAProxies run`;
  return `${runs} what the keys want: ${counted(servers, 'server')} in ${counted(backends, 'backend')}.`;
}

/** For the line under the verdict: "50 of 52 servers up", "last change 12 s ago: app/web3". */
export function factsOf(model, now) {
  if (model.summary === null) return [];
  const facts = [];
  const { servers, up } = censusOf(model);
  if (servers > 0) facts.push(up === servers
    ? (servers === 1 ? 'its server is up' : `all ${counted(servers, 'server')} up`)
    : `${up.toLocaleString('en')} of ${counted(servers, 'server')} up`);
  const last = [...model.changes].reverse().find((change) => !change.marker);
  if (last && instant(last.time) !== null)
    facts.push(`last change ${age(now - instant(last.time))} ago: ${changeName(last)}`);
  const started = instant(model.summary.started);
  if (started !== null) facts.push(`hitlessd up for ${age(now - started)}`);
  return facts;
}

/** "since 14:03:22, 2 h 5 min"; empty when it isn't known. */
export function sinceWords(since, now) {
  return since === null ? '' : `since ${clock(since, now)}, ${age(now - since)}`;
}

/** The problems behind the first, as one sentence for screen readers. */
export function spoken(verdict) {
  const more = verdict.more.length ? ` Also: ${list(verdict.more.map((p) => p.title))}.` : '';
  return `${verdict.title}. ${verdict.what}${more}`.trim();
}
