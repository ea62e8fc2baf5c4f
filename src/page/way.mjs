// Where the picture of a change's way has its stations and lines: keys → template → plan → HAProxies
// and the file. Geometry only; view_way.mjs draws it.
import { age, baseName, counted, instant } from './format.mjs';
import { hasFailed } from './problems.mjs';

const shownResources = 3;
const shownHaproxies = 4;
const endStep = 54; // from one HAProxy to the next
const forkRoom = 44; // before the templates, where lines to several of them part
const narrow = 720; // below this width the way goes down the page instead of across it

/** What the picture is of: rows of {template, plan, ends}, each {id, label, detail, tone}. */
export function wayOf(model, now) {
  const { summary } = model;
  const registry = summary?.registry ?? {};
  const keys = {
    id: 'keys', label: 'keys', name: String(registry.name ?? ''),
    detail: registry.connected === false ? 'can’t be read'
      : Number.isFinite(registry.keys) ? `${counted(registry.keys, 'key')}, index ${registry.index ?? '–'}` : '',
    tone: registry.connected === false ? 'bad' : 'good',
  };
  const resources = summary?.resources ?? [];
  const rows = resources.slice(0, shownResources).map((resource, r) => rowOf(resource, r, now));
  return { keys, rows, more: Math.max(0, resources.length - shownResources) };
}

function rowOf(resource, r, now) {
  const held = resource.held !== null;
  const failing = resource.troubles.some((t) => t.source === 'keys');
  const rendered = instant(resource.rendered);
  const queued = resource.haproxies.reduce((sum, h) => sum + (h.queued ?? 0), 0);
  const template = {
    id: `template ${r}`, label: 'template', name: baseName(resource.template ?? resource.dest),
    detail: failing ? 'can’t be rendered' : resource.left_out.length ? `${resource.left_out.length} left out`
      : rendered === null ? 'not rendered yet' : `rendered ${age(now - rendered)} ago`,
    tone: failing ? 'bad' : resource.left_out.length ? 'wait' : 'good',
  };
  const plan = {
    id: `plan ${r}`, label: 'plan', name: '', tone: held || resource.reload.owed ? 'wait' : 'good',
    detail: held ? 'a change is held' : queued ? `${queued} queued` : resource.reload.owed ? 'a reload is owed' : 'nothing to do',
  };
  const ends = resource.haproxies.slice(0, shownHaproxies).map((haproxy, h) => haproxyEnd(haproxy, r, h));
  const more = resource.haproxies.length - ends.length;
  if (more > 0) ends.push({ id: `more ${r}`, kind: 'more', label: `and ${more} more`, name: '', detail: '', tone: 'good' });
  ends.push(fileEnd(resource, r, now));
  return { template, plan, ends };
}

function haproxyEnd(haproxy, r, h) {
  const away = haproxy.connected === false;
  return {
    id: `haproxy ${r} ${h}`, kind: 'haproxy', socket: haproxy.socket, label: 'HAProxy', name: baseName(haproxy.socket),
    detail: away ? 'away' : [haproxy.in_step === false ? 'not in step' : 'in step', haproxy.version].filter(Boolean).join(', '),
    tone: away ? 'bad' : haproxy.in_step === false ? 'wait' : 'good',
  };
}

function fileEnd(resource, r, now) {
  const written = instant(resource.written);
  const bad = resource.check_refused || hasFailed(resource.reload);
  return {
    id: `file ${r}`, kind: 'file', label: 'file', name: baseName(resource.dest),
    detail: resource.check_refused ? 'refused by its check' : bad ? 'the reload failed'
      : resource.reload.owed ? 'a reload is owed' : written === null ? 'unchanged since the start' : `written ${age(now - written)} ago`,
    tone: bad ? 'bad' : resource.reload.owed ? 'wait' : 'good',
  };
}

/** {width, height, isDown, stations: [{…, x, y}], lines: [{id, phase, points, tone, time: {x, y}, broken (the part of points that is drawn)}]}. */
export function layout(way, width) {
  return width < narrow ? down(way, width) : across(way, width);
}

function across(way, width) {
  const x = { keys: 12, template: Math.round(width * 0.28), plan: Math.round(width * 0.52), end: width - 216 };
  const bend = Math.round(x.plan + (x.end - x.plan) * 0.5);
  const fileBend = bend - 22; // it comes out from under the line to the HAProxies
  const result = { width, height: 0, isDown: false, stations: [], lines: [] };
  result.keysRoom = x.template - x.keys - (way.rows.length > 1 ? forkRoom + 6 : 24);
  let y = 58;
  const first = y;
  way.rows.forEach((row, r) => {
    place(result, row.template, x.template, y);
    place(result, row.plan, x.plan, y);
    const fork = x.template - forkRoom;
    line(result, 'render', way.keys, row.template, bent(x.keys, first, x.template, y, fork),
      { x: r === 0 ? (x.keys + x.template) / 2 : fork - 34, y });
    line(result, 'plan', row.template, row.plan, [[x.template, y], [x.plan, y]], { x: (x.template + x.plan) / 2, y });
    // What is broken of some of the lines isn't of the part that they share.
    const shares = row.ends.some(works);
    row.ends.forEach((end, e) => {
      const endY = y + e * endStep;
      place(result, end, x.end, endY);
      const time = end.kind === 'file' ? { x: (bend + x.end) / 2 + 6, y: endY }
        : e === 0 ? { x: (x.plan + bend) / 2, y } : null;
      line(result, end.kind === 'file' ? 'file' : 'commands', row.plan, end, bent(x.plan, y, x.end, endY, end.kind === 'file' ? fileBend : bend), time);
      if (end.kind === 'haproxy' && !works(end) && shares)
        result.lines.at(-1).broken = bent(bend, y, x.end, endY, bend).slice(endY === y ? 0 : 1);
      if (e === 0 && end.kind === 'haproxy') result.readBack = { ...result.readBack, [r]: { x: (bend + x.end) / 2 + 6, y } };
    });
    y += Math.max(2, row.ends.length) * endStep + 26;
  });
  place(result, way.keys, x.keys, first);
  result.height = Math.max(...result.stations.map((s) => s.y + (s.kind ? 30 : 60)));
  return result;
}

function down(way, width) {
  const x = 12;
  const step = 66;
  const result = { width, height: 0, isDown: true, stations: [], lines: [] };
  let y = 16;
  place(result, way.keys, x, y);
  let from = y;
  for (const row of way.rows) {
    y += step;
    place(result, row.template, x, y);
    line(result, 'render', way.keys, row.template, [[x, row === way.rows[0] ? from : y - step * 0.6], [x, y]], { x: width, y: y - step / 2 });
    from = y;
    y += step;
    place(result, row.plan, x, y);
    line(result, 'plan', row.template, row.plan, [[x, from], [x, y]], { x: width, y: y - step / 2 });
    from = y;
    row.ends.forEach((end, e) => {
      y += step;
      const endX = x + 22;
      place(result, end, endX, y);
      line(result, end.kind === 'file' ? 'file' : 'commands', row.plan, end, [[x, from], [x, y], [endX, y]],
        e === 0 || end.kind === 'file' ? { x: width, y: y - step / 2 } : null);
      const isShared = row.ends.slice(e + 1).some(works);
      if (end.kind === 'haproxy' && !works(end) && row.ends.some(works))
        result.lines.at(-1).broken = [...(isShared ? [] : [[x, y - step * 0.7]]), [x, y], [endX, y]];
    });
    from = y;
  }
  result.height = y + 44;
  return result;
}

const works = (end) => end.kind === 'haproxy' && end.tone !== 'bad';

const place = (result, station, x, y) => result.stations.push({ ...station, x, y });

function line(result, phase, from, to, points, time) {
  const tone = from.tone === 'bad' && from.id === 'keys' ? 'bad' : to.tone;
  result.lines.push({ id: `${from.id}>${to.id}`, phase, points, tone: tone === 'bad' ? 'bad' : 'good', time });
}

/** Along, then straight up or down at `bend`, then along. */
function bent(x1, y1, x2, y2, bend) {
  return y1 === y2 ? [[x1, y1], [x2, y2]] : [[x1, y1], [bend, y1], [bend, y2], [x2, y2]];
}

/** The points as an SVG path, with round corners. */
export function pathData(points, radius = 14) {
  const parts = [`M${points[0].join(' ')}`];
  for (let i = 1; i < points.length - 1; i += 1) {
    const [before, corner, after] = [points[i - 1], points[i], points[i + 1]];
    parts.push(`L${toward(corner, before, radius).join(' ')}`, `Q${corner.join(' ')} ${toward(corner, after, radius).join(' ')}`);
  }
  return [...parts, `L${points.at(-1).join(' ')}`].join('');
}

function toward([x, y], [toX, toY], distance) {
  const length = Math.hypot(toX - x, toY - y) || 1;
  const part = Math.min(distance, length / 2) / length;
  return [x + (toX - x) * part, y + (toY - y) * part].map((v) => Math.round(v * 10) / 10);
}

/**
 * The lines that a change goes along, and where it ends: {lines: [id], end: station id, result}.
 * null for a change of something that the picture doesn't have.
 */
export function journey(change, summary) {
  const r = (summary?.resources ?? []).findIndex((resource) => resource.dest === change.resource);
  if (r < 0 || r >= shownResources) return null;
  const h = summary.resources[r].haproxies.findIndex((haproxy) => haproxy.socket === change.haproxy);
  const [keys, template, plan] = ['keys', `template ${r}`, `plan ${r}`];
  const end = h >= 0 && h < shownHaproxies ? `haproxy ${r} ${h}` : h >= 0 ? `more ${r}` : `file ${r}`;
  const result = ['refused', 'failed'].includes(change.result) || change.action === 'refused' ? 'bad' : 'good';
  const toPlan = [`${keys}>${template}`, `${template}>${plan}`];
  switch (change.action) {
    case 'left_out': return { lines: [toPlan[0]], end: template, result: 'bad' };
    case 'hold': return { lines: toPlan, end: plan, result: 'wait' };
    case 'met': return { lines: [], end, result: 'good' };
    case 'lost': return { lines: [], end, result: 'bad' };
    // What HAProxy lost, or someone changed, was found by reading back.
    case 'repair': case 'release': return { lines: [`${plan}>${end}`], end, result };
    case 'write': case 'reload': return { lines: [`${plan}>file ${r}`], end: `file ${r}`, result };
    default: return { lines: [...toPlan, `${plan}>${end}`], end, result };
  }
}
