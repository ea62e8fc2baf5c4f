// The verdict: in step or not, since when, what is wrong, and what to do. Also the tab's title and icon.
import { byId, el, put, say, setAttribute } from './dom.mjs';
import { factsOf, sinceWords, spoken, verdictOf } from './verdict.mjs';

const iconColours = { good: '#4cc38a', wait: '#e0a43a', bad: '#ff6b61', away: '#9aa3ad', none: '#9aa3ad' };
const spokenAfter = 1500; // so that what passes in a moment isn't read out

export function createVerdict() {
  const [section, title, body, live, icon] = ['verdict', 'verdict-title', 'verdict-body', 'spoken', 'icon'].map(byId);
  const since = el('p', { class: 'since' });
  const what = el('p', { class: 'what' });
  const todo = el('p', { class: 'todo' });
  const more = el('ul', { class: 'more' });
  const facts = el('p', { class: 'facts' });
  body.append(since, what, todo, more, facts);
  let timer = null;
  let lastNews = '';
  let shownMore = '';

  function update(model, now) {
    const verdict = verdictOf(model, now);
    setAttribute(document.documentElement, 'data-tone', verdict.tone);
    setAttribute(section, 'data-tone', verdict.tone);
    say(title, verdict.title);
    say(since, sinceWords(verdict.since, now));
    say(what, verdict.what);
    say(todo, verdict.todo);
    say(facts, factsOf(model, now).join('  ·  '));
    for (const part of [since, what, todo, facts]) part.hidden = part.textContent === '';
    showMore(verdict.more);
    showInTab(model, verdict);
    speakLater(spoken(verdict));
  }

  function showMore(problems) {
    const key = JSON.stringify(problems);
    if (key === shownMore) return;
    shownMore = key;
    const open = new Set([...more.querySelectorAll('details[open]')].map((d) => d.dataset.title));
    const focused = more.contains(document.activeElement) ? document.activeElement.parentElement.dataset.title : null;
    more.hidden = problems.length === 0;
    put(more, problems.map((problem) => el('li', { 'data-tone': problem.tone },
      el('details', { open: open.has(problem.title), 'data-title': problem.title },
        el('summary', {}, problem.title), el('p', {}, `${problem.what} ${problem.todo}`)))));
    if (focused) more.querySelector(`[data-title="${CSS.escape(focused)}"] summary`)?.focus();
  }

  function showInTab(model, verdict) {
    const host = model.summary?.host;
    const name = `${verdict.title}${host ? ` – ${host}` : ''} – hitlessd`;
    if (document.title !== name) document.title = name;
    const fill = iconColours[verdict.tone];
    const image = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="15" fill="#16191d"/><circle cx="16" cy="16" r="8" fill="${fill}"/></svg>`;
    setAttribute(icon, 'href', `data:image/svg+xml,${encodeURIComponent(image)}`);
  }

  function speakLater(text) {
    // Ages in the sentences change all the time; only another title is news.
    const news = text.split('. ')[0];
    if (news === lastNews) return;
    lastNews = news;
    clearTimeout(timer);
    timer = setTimeout(() => say(live, text), spokenAfter);
  }

  return { update };
}
