// The stream of changes, the newest first, each with its times by phase; commands on demand.
import { byId, el, put, say } from './dom.mjs';
import { duration, exactClock, instant } from './format.mjs';
import { actionWords, changeName, changeTone, phases } from './words.mjs';

export function createChanges() {
  const root = byId('changes');
  const only = el('input', { type: 'checkbox', onchange: () => { root.classList.toggle('only-notable', only.checked); tellEmpty(); } });
  const legend = el('ul', { class: 'legend', 'aria-label': 'Colours of the phases' },
    phases.map(([key, words]) => el('li', { 'data-phase': key }, words)));
  const list = el('ol', { class: 'changes', tabindex: '0', 'aria-label': 'Changes, the newest first' });
  const empty = el('p', { class: 'calm' });
  root.append(el('p', { class: 'tools' }, el('label', {}, only, ' only what went wrong, reloads and repairs')), legend, list, empty);
  const nodes = new Map();
  let shownVersion = -1;

  function update(model, now) {
    if (shownVersion === model.changesVersion) return;
    shownVersion = model.changesVersion;
    const wanted = new Set(model.changes);
    for (const [change, node] of nodes) {
      if (wanted.has(change)) continue;
      node.remove();
      nodes.delete(change);
    }
    let place = list.firstChild;
    for (const change of [...model.changes].reverse()) {
      let node = nodes.get(change);
      if (!node) nodes.set(change, node = change.marker ? markerNode(change, now) : changeNode(change, now));
      if (node === place) place = place.nextSibling;
      else list.insertBefore(node, place);
    }
    tellEmpty();
  }

  function tellEmpty() {
    const shown = only.checked ? list.querySelectorAll('li:not([data-tone="quiet"])').length : list.childElementCount;
    list.hidden = shown === 0;
    say(empty, shown > 0 ? '' : only.checked ? 'None of the last 200.' : 'None yet.');
  }

  return { update };
}

function markerNode(change, now) {
  const at = exactClock(instant(change.time), now);
  return el('li', { class: 'marker', 'data-tone': 'note' }, change.marker === 'restarted'
    ? `${at}: hitlessd was started anew`
    : `${at}: some changes were missed here`);
}

function changeNode(change, now) {
  const body = el('div', { class: 'change-body' });
  const details = el('details', { ontoggle: () => { if (details.open && !body.firstChild) put(body, bodyOf(change)); } },
    el('summary', {},
      el('time', { datetime: change.time }, exactClock(instant(change.time), now)),
      el('span', { class: 'object' }, changeName(change)),
      el('span', { class: 'action' }, actionWords(change)),
      el('span', { class: 'total' }, change.total_ms === null || change.total_ms === undefined ? '' : duration(change.total_ms)),
      phaseBar(change)),
    body);
  return el('li', { 'data-tone': changeTone(change), 'data-new': change.isNew }, details);
}

const phasesOf = (change) => phases.map(([key, words]) => [key, words, change.phases_ms[key]])
  .filter(([, , ms]) => Number.isFinite(ms) && ms >= 0);

function phaseBar(change) {
  const parts = phasesOf(change);
  if (parts.length === 0) return null;
  return el('span', { class: 'phase-bar', 'aria-hidden': 'true' }, parts.map(([key, , ms]) => {
    const part = el('i', { 'data-phase': key });
    part.style.flexGrow = String(Math.max(ms, 0.001));
    return part;
  }));
}

function bodyOf(change) {
  const parts = phasesOf(change);
  return [
    change.detail ? el('p', { class: 'name' }, change.detail) : null,
    change.message ? el('p', {}, change.message) : null,
    parts.length ? el('dl', { class: 'phases' }, parts.map(([key, words, ms]) =>
      el('div', { 'data-phase': key }, el('dt', {}, words), el('dd', {}, duration(ms))))) : null,
    change.keys.length ? el('p', {}, el('span', { class: 'quiet' }, change.keys.length === 1 ? 'key ' : 'keys '),
      el('span', { class: 'name' }, change.keys.slice(0, 5).join(', ') + (change.keys.length > 5 ? ' …' : ''))) : null,
    change.commands.length ? el('div', { class: 'commands', role: 'group', tabindex: '0', 'aria-label': 'Runtime commands' },
      change.commands.slice(0, 50).map((command) => el('code', {}, command))) : null,
    change.haproxy ? el('p', { class: 'quiet' }, `at ${change.haproxy}`) : null,
  ];
}
