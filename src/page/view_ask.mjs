// "Why does this server get no traffic?": what is typed is looked up, the best match explained.
import { answerNode } from './answer.mjs';
import { byId, el, put, say } from './dom.mjs';
import { explain } from './explain.mjs';
import { find } from './find.mjs';

export function createAsk() {
  const [input, answer, list, live] = ['ask', 'answer', 'matches', 'ask-spoken'].map(byId);
  let timer = null;
  let model = null;
  let chosen = null; // what someone picked of the matches, by its name
  let shown = '';
  let spokenText = '';

  const nameOf = (match) => (match.kind === 'server' ? `${match.backend}/${match.name}`
    : match.kind === 'backend' ? `backend ${match.backend}` : `${match.name} (left out)`);

  let found = { text: '', matches: [], total: 0 };

  /** Asks thousands of servers only when they, or the question, have changed. */
  function lookUp(text) {
    const { fleetVersion = -1, summary = null } = model ?? {};
    if (found.text !== text || found.fleetVersion !== fleetVersion || found.summary !== summary)
      found = { text, fleetVersion, summary, ...(model ? find(model, text) : { matches: [], total: 0 }) };
    return found;
  }

  function look(now) {
    const text = input.value;
    const { matches, total } = lookUp(text);
    const match = matches.find((m) => nameOf(m) === chosen) ?? matches[0];
    const explanation = !text.trim() ? null : match ? explain(match, model, now) : nothingFound(text);
    const names = matches.map(nameOf);
    const key = JSON.stringify([explanation, names, total]);
    if (key === shown) return;
    shown = key;
    put(answer, explanation && answerNode(explanation));
    spokenText = explanation ? [explanation.title, ...explanation.sentences].join('. ') : '';
    const others = matches.filter((m) => m !== match);
    const focused = document.activeElement?.dataset?.match;
    put(list, others.map((m) => el('li', {}, el('button', {
      type: 'button', class: 'plain name', 'data-match': nameOf(m), onclick: () => choose(m),
    }, nameOf(m)))), total > matches.length ? el('li', { class: 'quiet' }, `and ${(total - matches.length).toLocaleString('en')} more`) : null);
    if (focused) list.querySelector(`[data-match="${CSS.escape(focused)}"]`)?.focus();
  }

  const nothingFound = (text) => ({
    title: `Nothing is called ${text.trim()}`, tone: 'wait', facts: [],
    sentences: ['No server, backend, address or key that hitlessd knows has this in it.'],
    todo: ['If its key is in etcd, see whether the template reads it: hitless-render shows what is made of the keys.'],
  });

  function choose(match) {
    chosen = nameOf(match);
    look(Date.now() + model.clockOffset);
    input.focus();
  }

  input.addEventListener('input', () => {
    chosen = null;
    look(Date.now() + (model?.clockOffset ?? 0));
    // Read out once, when the typing pauses; not again with each second that something lasts.
    clearTimeout(timer);
    timer = setTimeout(() => say(live, spokenText), 800);
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') {
      list.querySelector('button')?.focus();
      event.preventDefault();
    }
  });
  list.addEventListener('keydown', (event) => {
    const item = event.target.closest('li');
    const next = { ArrowDown: item?.nextElementSibling, ArrowUp: item?.previousElementSibling }[event.key];
    if (next === undefined) return;
    (next?.querySelector('button') ?? input).focus();
    event.preventDefault();
  });

  return {
    update(newModel, now) {
      model = newModel;
      look(now);
    },
  };
}
