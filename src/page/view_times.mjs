// The histogram of propagation, and the same as a table for those who don't see it.
import { byId, el, put, say, svg } from './dom.mjs';
import { bars, bound, propagationWords, rangeWords } from './histogram.mjs';

const height = 64;

export function createTimes() {
  const root = byId('times');
  const words = el('p', { class: 'caption' });
  const picture = svg('svg', { class: 'bars', 'aria-hidden': 'true', preserveAspectRatio: 'none' });
  const scale = el('p', { class: 'scale', 'aria-hidden': 'true' });
  const rows = el('tbody');
  const table = el('table', { class: 'hidden' },
    el('caption', {}, 'Changes by how long they took'),
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'time'), el('th', { scope: 'col' }, 'changes'))), rows);
  root.append(picture, scale, words, table);
  let shown = null;

  function update(model) {
    const propagation = model.summary?.propagation ?? null;
    const key = JSON.stringify(propagation);
    if (key === shown) return;
    shown = key;
    say(words, model.summary === null ? '' : propagationWords(propagation));
    const all = bars(propagation);
    for (const part of [picture, scale, table]) part.toggleAttribute('hidden', all.length === 0);
    const width = all.length * 10;
    picture.setAttribute('viewBox', `0 0 ${width} ${height}`);
    put(picture, all.map((bar, i) => barNode(bar, i)));
    put(scale, all.length ? [el('span', {}, bound(all[0].fromMs)), el('span', {}, endOf(all.at(-1)))] : []);
    put(rows, all.map((bar) => el('tr', {}, el('th', { scope: 'row' }, rangeWords(bar)), el('td', {}, bar.count))));
  }

  return { update };
}

function barNode(bar, i) {
  // A single change is still to be seen beside thousands.
  const tall = bar.count ? Math.max(2, bar.part * (height - 2)) : 0;
  return svg('rect', { x: i * 10 + 0.6, width: 8.8, y: height - tall, height: tall },
    svg('title', {}, `${rangeWords(bar)}: ${bar.count}`));
}

const endOf = (bar) => (bar.toMs === null ? `over ${bound(bar.fromMs)}` : bound(bar.toMs));
