// What is held, owed, left out or leaving, and why.
import { byId, el, put } from './dom.mjs';
import { waitsOf } from './waits.mjs';

const shownItems = 6;

export function createWaits() {
  const root = byId('waits');
  let shown = null;

  function update(model, now) {
    const groups = waitsOf(model, now);
    const key = JSON.stringify(groups);
    if (key === shown) return;
    shown = key;
    // Someone may have opened the rest of a group, or be on its way to do so with the keyboard.
    const open = new Set([...root.querySelectorAll('details[open]')].map((d) => d.dataset.kind));
    const focused = document.activeElement?.closest?.('#waits details')?.dataset.kind;
    if (groups.length === 0) {
      put(root, el('p', { class: 'calm' }, model.summary === null ? '' : 'Nothing is held, owed or left out.'));
      return;
    }
    put(root, groups.map((group) => groupNode(group, open)));
    if (focused) root.querySelector(`details[data-kind="${CSS.escape(focused)}"] summary`)?.focus();
  }

  return { update };
}

function groupNode(group, open) {
  const kind = `${group.kind} ${group.about ?? ''}`;
  const rest = group.items.slice(shownItems);
  return el('article', { class: 'wait', 'data-kind': group.kind },
    el('h3', {}, group.title, group.items.length > 1 ? el('span', { class: 'count' }, ` ${group.items.length}`) : null),
    el('p', {}, group.why),
    el('ul', {}, group.items.slice(0, shownItems).map(itemNode)),
    rest.length ? el('details', { 'data-kind': kind, open: open.has(kind) },
      el('summary', {}, `${rest.length} more`), el('ul', {}, rest.slice(0, 200).map(itemNode))) : null);
}

const itemNode = ({ name, text }) => el('li', {}, name ? el('b', { class: 'name' }, name) : null, name ? ' ' : null, text);
