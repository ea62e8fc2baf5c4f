// The fleet: a tree of backends and servers, of which only the rows in sight are in the document.
import { byId, el, put, say, setAttribute } from './dom.mjs';
import { age, counted, some } from './format.mjs';
import { failures, fleetRows, scopeCounts } from './fleet_rows.mjs';
import { columns, fillRow, rowNode } from './fleet_row.mjs';
import { createTools } from './fleet_tools.mjs';
import { moveSelection, scrollToRow, visibleRows } from './virtual.mjs';
import { checkWords } from './words.mjs';

const shownFailures = 4;

export function createFleet({ open }) {
  const root = byId('fleet-body');
  const view = { filter: '', scope: 'all', sort: { key: 'name', descending: false }, folded: new Set(), haproxy: '' };
  const tools = createTools(view, () => { rowsVersion = -1; scroller.scrollTop = 0; draw(); });
  const rollup = el('ul', { class: 'rollup', 'aria-label': 'Servers that are not up' });
  const head = el('div', { role: 'row', class: 'row head' }, columns.map(headCell));
  const body = el('div', { role: 'rowgroup', class: 'rows' });
  const grid = el('div', {
    role: 'treegrid', class: 'grid', 'aria-labelledby': 'fleet-title', tabindex: '0',
    'aria-describedby': 'fleet-keys',
  }, el('div', { role: 'rowgroup' }, head), body);
  const scroller = el('div', { class: 'scroller' }, grid);
  const count = el('p', { class: 'quiet count-line' });
  const empty = el('p', { class: 'calm' });
  root.append(rollup, tools.node, scroller, empty, count,
    el('p', { id: 'fleet-keys', class: 'hidden' }, 'Arrow keys select a row, Left and Right fold and unfold a backend, Enter explains a server.'));

  let model = null;
  let now = 0;
  let rows = [];
  let rowsVersion = -1;
  let selected = null; // a row's id, which stays when rows come and go
  const nodes = new Map(); // row id → node in the document
  const changedAt = new Map(); // "backend/server" → ms, for a short highlight

  function headCell({ key, words, sort }) {
    return el('div', { role: 'columnheader', class: `c-${key}`, 'aria-sort': sort ? 'none' : null },
      sort ? el('button', { type: 'button', class: 'plain', tabindex: '-1', 'data-sort': key, onclick: () => tools.sortBy(key) }, words) : words);
  }

  function update(newModel, newNow) {
    [model, now] = [newModel, newNow];
    draw();
  }

  function draw() {
    if (model === null) return;
    if (rowsVersion !== model.fleetVersion) {
      rowsVersion = model.fleetVersion;
      const found = fleetRows(model, view);
      rows = found.rows;
      say(count, countWords(found));
      say(empty, rows.length ? '' : found.total ? 'No server is like that.' : model.summary === null ? '' : 'HAProxy has no server yet.');
      scroller.hidden = rows.length === 0;
      tools.update(model, scopeCounts(model));
      drawRollup();
      for (const cell of head.children) {
        const key = cell.firstElementChild?.dataset.sort;
        if (key) setAttribute(cell, 'aria-sort', view.sort.key !== key ? 'none' : view.sort.descending ? 'descending' : 'ascending');
      }
    }
    drawRows();
  }

  function countWords({ shown, total }) {
    if (total === 0) return '';
    const haproxies = view.haproxy ? 1 : model.fleets.size;
    return (shown === total ? '' : `${shown.toLocaleString('en')} of `) + counted(total, 'server')
      + (haproxies > 1 ? `, counted at each of ${haproxies} HAProxies` : '');
  }

  function drawRollup() {
    const groups = failures(model);
    rollup.hidden = groups.length === 0;
    put(rollup, groups.slice(0, shownFailures).map((group) => el('li', { 'data-state': group.state },
      el('i', { class: 'glyph', 'aria-hidden': 'true' }),
      el('b', {}, `${group.names.length} ${group.state}`), ` in ${group.backend}`,
      el('span', { class: 'quiet' }, group.since === null ? '' : ` for ${age(now - group.since)}`),
      ': ', el('span', { class: 'name' }, some(group.names)),
      group.check ? el('span', { class: 'quiet' }, `, ${checkWords(group.check)}`) : null)),
    groups.length > shownFailures ? el('li', { class: 'quiet' }, `and ${groups.length - shownFailures} more kinds`) : null);
  }

  function drawRows() {
    const rowHeight = parseFloat(getComputedStyle(grid).getPropertyValue('--row')) || 32;
    const { first, last, total } = visibleRows({
      count: rows.length, rowHeight, scrollTop: scroller.scrollTop, height: scroller.clientHeight - head.offsetHeight,
    });
    body.style.height = `${total}px`;
    setAttribute(grid, 'aria-rowcount', rows.length + 1);
    const inSight = new Set();
    for (let i = first; i < last; i += 1) {
      const row = rows[i];
      inSight.add(row.id);
      let node = nodes.get(row.id);
      if (!node || node.level !== row.level) {
        node?.remove();
        node = rowNode(row.level);
        node.level = row.level;
        nodes.set(row.id, node);
        body.append(node);
      }
      node.rowId = row.id;
      node.style.transform = `translateY(${i * rowHeight}px)`;
      setAttribute(node, 'aria-rowindex', i + 2);
      setAttribute(node, 'aria-selected', row.id === selected);
      const changed = changedAt.get(`${row.backend}/${row.server?.name}`);
      node.classList.toggle('changed', changed !== undefined && now - changed < 4000);
      fillRow(node, row, now);
    }
    for (const [id, node] of nodes) {
      if (inSight.has(id)) continue;
      node.remove();
      nodes.delete(id);
    }
    inOrder();
    const active = selected !== null ? nodes.get(selected) : null;
    if (active) active.id = 'selected-row';
    for (const node of nodes.values()) if (node !== active && node.id) node.removeAttribute('id');
    setAttribute(grid, 'aria-activedescendant', active ? 'selected-row' : null);
  }

  /** Screen readers go by the order in the document. */
  function inOrder() {
    let before = null;
    const sorted = [...nodes.values()].sort((a, b) => a.getAttribute('aria-rowindex') - b.getAttribute('aria-rowindex'));
    for (const node of sorted) {
      const next = before ? before.nextSibling : body.firstChild;
      if (next !== node) body.insertBefore(node, next);
      before = node;
    }
  }

  function fold(row, shut) {
    if (shut) view.folded.add(row.id);
    else view.folded.delete(row.id);
    rowsVersion = -1;
    draw();
  }

  function activate(row) {
    if (row.level === 1) fold(row, row.open);
    else open(row);
  }

  function select(index) {
    selected = rows[index]?.id ?? null;
    const rowHeight = parseFloat(getComputedStyle(grid).getPropertyValue('--row')) || 32;
    scroller.scrollTop = scrollToRow({
      index, rowHeight, scrollTop: scroller.scrollTop, height: scroller.clientHeight - head.offsetHeight,
    });
    drawRows();
  }

  grid.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== grid) return;
    const index = rows.findIndex((row) => row.id === selected);
    const row = rows[index];
    const to = moveSelection(event.key, { index, count: rows.length, page: Math.floor(scroller.clientHeight / 36) });
    if (to !== null) select(to);
    else if (row && (event.key === 'Enter' || event.key === ' ')) activate(row);
    else if (row?.level === 1 && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) fold(row, event.key === 'ArrowLeft');
    else if (row?.level === 2 && event.key === 'ArrowLeft') select(rows.findLastIndex((r, i) => i < index && r.level === 1));
    else return;
    event.preventDefault();
  });
  body.addEventListener('click', (event) => {
    const node = event.target.closest('.row');
    const index = node ? rows.findIndex((row) => row.id === node.rowId) : -1;
    if (index < 0) return;
    select(index);
    activate(rows[index]);
  });
  let asked = false;
  scroller.addEventListener('scroll', () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; drawRows(); });
  }, { passive: true });
  new ResizeObserver(() => draw()).observe(scroller);

  return {
    update,
    changed(change, at) {
      changedAt.set(`${change.object.scope}/${change.object.name}`, at);
      if (changedAt.size > 400) changedAt.delete(changedAt.keys().next().value);
    },
    focus: () => grid.focus(),
  };
}

