// Puts the page together: events go into the model, and the model is drawn.
import { byId, say, setAttribute } from './dom.mjs';
import { startFeed } from './feed.mjs';
import { age } from './format.mjs';
import {
  applyAway, applyChange, applyMissed, applyPhases, applyServers, applyStatus, applySummary, createModel,
} from './model.mjs';
import { startTheme } from './theme.mjs';
import { createAsk } from './view_ask.mjs';
import { createChanges } from './view_changes.mjs';
import { createDrawer } from './view_drawer.mjs';
import { createFleet } from './view_fleet.mjs';
import { createTimes } from './view_times.mjs';
import { createVerdict } from './view_verdict.mjs';
import { createWaits } from './view_waits.mjs';
import { createWay } from './view_way.mjs';

const model = createModel();
const serverNow = () => Date.now() + model.clockOffset;

const drawer = createDrawer();
const fleet = createFleet({ open: (row) => drawer.open(row, model, serverNow()) });
const way = createWay();
const verdict = createVerdict();
const views = [createAsk(), way, createWaits(), fleet, createTimes(), createChanges(), drawer];

const pause = byId('pause');
let paused = false;
let asked = false;
let lastDrawn = -1000;
let missedWhilePaused = 0;

function draw() {
  asked = false;
  lastDrawn = performance.now();
  const now = serverNow();
  const isOld = model.awaySince !== null;
  setAttribute(document.body, 'data-old', isOld ? '' : null);
  const { summary } = model;
  say(byId('whose'), summary === null ? '' : [summary.host, `${summary.program ?? 'hitlessd'} ${summary.version ?? ''}`.trim(),
    summary.pid ? `pid ${summary.pid}` : null,
    isOld && model.lastHeard !== null ? `as it was ${age(Date.now() - model.lastHeard)} ago` : null].filter(Boolean).join('  ·  '));
  verdict.update(model, now);
  // Also while the rest stands still for a reader.
  if (!paused) for (const view of views) view.update(model, now);
}

/** In a burst of events the page is drawn eight times a second; the picture moves on its own. */
function drawSoon() {
  if (asked || document.hidden) return;
  asked = true;
  setTimeout(() => requestAnimationFrame(draw), Math.max(0, lastDrawn + 120 - performance.now()));
}

const feed = startFeed({
  status: (status) => { applyStatus(model, status, Date.now()); drawSoon(); },
  summary: (summary) => {
    if (applySummary(model, summary, Date.now())) feed.readAgain();
    drawSoon();
  },
  servers: (event) => { applyServers(model, event, Date.now()); drawSoon(); },
  phases: (event) => {
    const changes = applyPhases(model, event, Date.now());
    if (!paused) changes.forEach(way.measured);
    drawSoon();
  },
  missed: (event) => { applyMissed(model, event, Date.now()); drawSoon(); },
  away: () => { applyAway(model, Date.now()); drawSoon(); },
  change: (event) => {
    const change = applyChange(model, event, Date.now());
    if (change === null) return;
    fleet.changed(change, serverNow());
    if (paused) {
      missedWhilePaused += 1;
      say(pause, `Go on (${missedWhilePaused} new)`);
    } else {
      way.travel(change);
    }
    drawSoon();
  },
});

pause.addEventListener('click', () => {
  paused = !paused;
  missedWhilePaused = 0;
  say(pause, paused ? 'Go on' : 'Pause');
  setAttribute(pause, 'aria-pressed', paused);
  drawSoon();
});
document.addEventListener('visibilitychange', drawSoon);
document.addEventListener('keydown', (event) => {
  const isTyping = event.target.closest?.('input, select, textarea, [contenteditable]');
  if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  byId('ask').focus();
});
// Ages grow also while nothing happens.
setInterval(drawSoon, 1000);

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
say(byId('zone'), `Times are those of your clock’s zone${zone ? `, ${zone}` : ''}.`);
startTheme();
