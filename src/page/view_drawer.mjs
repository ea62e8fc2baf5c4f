// One server in a drawer: why it gets requests or not, and its latest changes.
import { answerNode } from './answer.mjs';
import { byId, el, put } from './dom.mjs';
import { explain } from './explain.mjs';
import { exactClock, instant } from './format.mjs';
import { haproxiesOf } from './model.mjs';
import { actionWords } from './words.mjs';

const shownChanges = 8;

export function createDrawer() {
  const dialog = byId('drawer');
  const content = el('div');
  dialog.append(el('button', { type: 'button', class: 'plain close', onclick: () => dialog.close() }, 'Close'), content);
  // A click beside it closes it.
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  let shown = null;
  let drawn = '';

  function update(model, now) {
    if (!dialog.open || shown === null) return;
    const at = haproxiesOf(model).flatMap((entry) => {
      const server = entry.fleet?.dest === shown.dest ? entry.fleet.backends.get(shown.backend)?.get(shown.name) : null;
      return server ? [{ server, entry }] : [];
    });
    const explanation = at.length ? explain({ kind: 'server', ...shown, at }, model, now)
      : { title: `${shown.backend}/${shown.name} is gone`, tone: 'wait', sentences: ['HAProxy doesn’t have it any more, and no key wants it.'], todo: [], facts: [] };
    const changes = model.changes.filter((c) => !c.marker && c.object.scope === shown.backend && c.object.name === shown.name)
      .slice(-shownChanges).reverse();
    const key = JSON.stringify([explanation, changes.map((c) => c.id)]);
    if (key === drawn) return;
    drawn = key;
    put(content, answerNode(explanation, 'h2'), changes.length ? [
      el('h3', {}, 'Its last changes'),
      el('ol', { class: 'plain-list' }, changes.map((c) => el('li', {},
        el('time', { datetime: c.time }, exactClock(instant(c.time), now)), ' ', actionWords(c), ' ',
        el('span', { class: 'name quiet' }, c.detail ?? '')))),
    ] : null);
  }

  return {
    update,
    open(row, model, now) {
      shown = { dest: row.dest, backend: row.backend, name: row.server.name };
      drawn = '';
      dialog.showModal();
      update(model, now);
    },
  };
}
