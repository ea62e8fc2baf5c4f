// An explanation as a node: for the search and for the drawer.
import { el } from './dom.mjs';

export function answerNode(explanation, heading = 'h3') {
  const { title, tone, sentences, todo, facts } = explanation;
  return el('div', { class: 'answer', 'data-tone': tone },
    el(heading, {}, title),
    sentences.map((text) => el('p', {}, text)),
    todo.map((text) => el('p', { class: 'todo' }, text)),
    facts.length ? el('dl', { class: 'server-facts' }, facts.map(([name, value]) =>
      el('div', {}, el('dt', {}, name), el('dd', { class: 'name' }, value)))) : null);
}
