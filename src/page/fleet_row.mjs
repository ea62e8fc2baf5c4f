// One row of the fleet: its cells, and what stands in them.
import { el, say, setAttribute } from './dom.mjs';
import { age, exactClock, instant } from './format.mjs';
import { remarkOf, severityOf, stateOf } from './words.mjs';

/** In the order of the table. */
export const columns = [
  { key: 'name', words: 'Name', sort: true },
  { key: 'state', words: 'State', sort: true },
  { key: 'address', words: 'Address', sort: true },
  { key: 'weight', words: 'Weight', sort: true },
  { key: 'sessions', words: 'Sessions', sort: true },
  { key: 'queue', words: 'Queue', sort: true },
  { key: 'age', words: 'Age', sort: true },
  { key: 'remark', words: 'Remark', sort: false },
];

export function rowNode(level) {
  const node = el('div', { role: 'row', class: `row ${level === 1 ? 'backend' : 'server'}`, 'aria-level': level });
  node.cells = Object.fromEntries(columns.map(({ key }) => [key, el('div', { role: 'gridcell', class: `c-${key}` })]));
  const { state, name } = node.cells;
  if (level === 2) state.append(el('i', { class: 'glyph', 'aria-hidden': 'true' }), el('span'));
  else name.append(el('i', { class: 'fold', 'aria-hidden': 'true' }), el('b', { class: 'name' }));
  node.append(...Object.values(node.cells));
  return node;
}

export function fillRow(node, row, now) {
  if (row.level === 1) fillBackend(node, row);
  else fillServer(node, row, now);
}

function fillServer({ cells }, row, now) {
  const { server } = row;
  const shown = server.running ?? server.wanted ?? {};
  const state = stateOf(server, row.haproxy);
  say(cells.name, server.name);
  setAttribute(cells.name, 'title', server.name.length > 24 ? server.name : null);
  setAttribute(cells.state, 'data-state', state);
  say(cells.state.lastChild, state);
  say(cells.address, shown.address ?? '');
  say(cells.weight, number(shown.weight));
  cells.weight.classList.toggle('zero', server.running?.weight === 0);
  cells.weight.classList.toggle('usual', shown.weight === 1);
  say(cells.sessions, number(server.running?.sessions));
  say(cells.queue, number(server.running?.queue));
  cells.queue.classList.toggle('some', server.running?.queue > 0);
  const since = instant(server.running?.since);
  say(cells.age, since === null ? '' : age(now - since));
  setAttribute(cells.age, 'title', since === null ? null : `since ${exactClock(since, now)}`);
  const remark = remarkOf(server);
  say(cells.remark, remark?.text ?? '');
  setAttribute(cells.remark, 'data-kind', remark?.kind ?? null);
  setAttribute(cells.remark, 'title', remark?.text ?? null);
}

function fillBackend(node, row) {
  const { cells } = node;
  setAttribute(node, 'aria-expanded', row.open);
  say(cells.name.lastChild, row.backend);
  say(cells.address, row.where ? `at ${row.where}` : '');
  say(cells.state, row.size === 0 ? 'no server' : `${row.up.toLocaleString('en')} of ${row.size.toLocaleString('en')} up`);
  cells.state.classList.toggle('bad', row.size > 0 && row.up === 0);
  say(cells.weight, number(row.weight));
  say(cells.sessions, number(row.sessions));
  say(cells.queue, number(row.queue));
  strip(cells.remark, row.states);
}

/** How many servers are in which state, as a strip; the words stand beside it. */
function strip(cell, states) {
  const key = JSON.stringify([...states]);
  if (cell.shown === key) return;
  cell.shown = key;
  const parts = [...states].sort(([a], [b]) => severityOf(b) - severityOf(a));
  cell.replaceChildren(el('span', { class: 'strip', 'aria-hidden': 'true' }, parts.map(([state, count]) => {
    const part = el('i', { 'data-state': state });
    part.style.flexGrow = String(count);
    return part;
  })), el('span', { class: 'hidden' }, parts.map(([state, count]) => `${count} ${state}`).join(', ')));
}

const number = (value) => (Number.isFinite(value) ? value.toLocaleString('en') : '');
