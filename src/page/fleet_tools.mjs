// The tools above the fleet: filter, which servers, sort, which HAProxy. They change `view`.
import { el, put, say } from './dom.mjs';
import { baseName } from './format.mjs';
import { haproxiesOf } from './model.mjs';
import { columns } from './fleet_row.mjs';

const scopeWords = { all: 'All', problems: 'Not well', hand: 'By hand', leaving: 'Leaving' };
// What is asked for first: the most, or the worst.
const descendsFirst = new Set(['sessions', 'queue', 'weight']);

export function createTools(view, changed) {
  const filter = el('input', {
    type: 'search', placeholder: 'Filter', 'aria-label': 'Filter the fleet: a part of backend/server, an address or a key; * and ? stand for others',
    autocomplete: 'off', spellcheck: 'false', oninput: () => { view.filter = filter.value; changed(); },
  });
  const counts = {};
  const scopes = el('fieldset', { class: 'scopes' }, el('legend', { class: 'hidden' }, 'Which servers'),
    Object.entries(scopeWords).map(([scope, words]) => {
      counts[scope] = el('span', { class: 'count' });
      return el('label', {}, el('input', {
        type: 'radio', name: 'scope', value: scope, checked: scope === 'all', onchange: () => { view.scope = scope; changed(); },
      }), el('span', {}, words, ' ', counts[scope]));
    }));
  const sort = el('select', { 'aria-label': 'Sort by', onchange: () => sortBy(sort.value, true) },
    columns.filter((c) => c.sort).map((c) => el('option', { value: c.key }, `by ${c.words.toLowerCase()}`)));
  const haproxy = el('select', { 'aria-label': 'HAProxy', onchange: () => { view.haproxy = haproxy.value; changed(); } });
  let sockets = null;

  function sortBy(key, fresh = false) {
    const again = view.sort.key === key && !fresh;
    view.sort = { key, descending: again ? !view.sort.descending : descendsFirst.has(key) };
    sort.value = key;
    changed();
  }

  function update(model, scopeCounts) {
    for (const [scope, node] of Object.entries(counts)) say(node, scopeCounts[scope].toLocaleString('en'));
    const names = [...new Set(haproxiesOf(model).map((h) => h.haproxy.socket))];
    if (JSON.stringify(names) === sockets) return;
    sockets = JSON.stringify(names);
    if (!names.includes(view.haproxy)) view.haproxy = '';
    haproxy.hidden = names.length < 2;
    put(haproxy, el('option', { value: '' }, `all ${names.length} HAProxies`),
      names.map((name) => el('option', { value: name }, baseName(name))));
    haproxy.value = view.haproxy;
  }

  sort.value = view.sort.key;
  return { node: el('div', { class: 'tools' }, filter, scopes, sort, haproxy), update, sortBy };
}
