// The picture of a change's way. Each change is seen to travel along it; the lines then have its times.
import { byId, el, prefersStillness, put, say, svg } from './dom.mjs';
import { duration, sentence } from './format.mjs';
import { changeLine, changeTone, phases } from './words.mjs';
import { journey, layout, pathData, wayOf } from './way.mjs';

const most = 5; // travellers at a time; a burst of hundreds is no use to the eye
const speed = { render: 380, plan: 320, commands: 560, file: 560 }; // ms for each line
const phaseWords = Object.fromEntries(phases);

export function createWay() {
  const [root, caption] = ['way', 'way-last'].map(byId);
  const picture = svg('svg', { role: 'img' });
  const [base, trains] = [svg('g'), svg('g', { 'aria-hidden': 'true' })];
  picture.append(base, trains);
  root.append(picture);
  let model = null;
  let drawn = '';
  let geometry = null;
  const times = new Map(); // line id → text
  const readBack = new Map(); // resource's number → text
  let travelling = 0;
  let waiting = 0;

  function update(newModel, now) {
    model = newModel;
    if (model.summary === null) return;
    const width = Math.floor(root.clientWidth);
    if (width === 0) return;
    const way = wayOf(model, now);
    const key = JSON.stringify([way, width, [...times], [...readBack]]);
    if (key !== drawn) {
      drawn = key;
      geometry = layout(way, width);
      draw(way);
    }
    if (caption.textContent === '' && model.changes.length > 0) {
      const last = [...model.changes].reverse().find((change) => !change.marker);
      if (last) arrived(last);
    }
  }

  function draw(way) {
    picture.setAttribute('viewBox', `0 0 ${geometry.width} ${geometry.height}`);
    picture.setAttribute('width', geometry.width);
    picture.setAttribute('height', geometry.height);
    picture.setAttribute('aria-label', describe(way));
    put(base,
      [...geometry.lines].sort((a, b) => order(a) - order(b)).map((line) => svg('path', {
        class: 'line', d: pathData(line.broken ?? line.points), 'data-line': line.id, 'data-phase': line.phase, 'data-tone': line.tone,
      })),
      geometry.lines.filter((line) => line.time).map((line) => timeNode(line.time, line.phase, times.get(line.id))),
      Object.entries(geometry.readBack ?? {}).map(([r, at]) => timeNode(at, 'read_back', readBack.get(Number(r)))),
      geometry.stations.map(stationNode));
  }

  /** The file's line lies under the others, and lines that are broken on top. */
  const order = (line) => (line.tone === 'bad' ? 2 : line.phase === 'file' ? 0 : 1);

  function timeNode({ x, y }, phase, text) {
    const isDown = geometry.isDown;
    return svg('g', { class: 'time', 'data-phase': phase, 'text-anchor': isDown ? 'end' : 'middle' },
      svg('text', { x, y: isDown ? y - 6 : y - 26, class: 'phase' }, phaseWords[phase]),
      svg('text', { x, y: isDown ? y + 11 : y - 10, class: 'ms' }, text ?? ''));
  }

  function stationNode(station) {
    const isEnd = Boolean(station.kind);
    const { x, y } = station;
    const beside = isEnd || geometry.isDown;
    const room = beside ? geometry.width - x - 24 - (geometry.isDown ? 78 : 0) : station.id === 'keys' ? geometry.keysRoom : geometry.width * 0.24 - 24;
    const name = fit(station.name, room - station.label.length * 7.6 - 8, 7.4);
    const [tx, ty] = beside ? [x + 20, y - 1] : [x - 8, y + 30];
    return svg('g', { class: 'station', 'data-station': station.id, 'data-tone': station.tone },
      svg('title', {}, [station.label, station.name, station.detail].filter(Boolean).join(', ')),
      station.kind === 'more' ? null : svg('circle', { cx: x, cy: y, r: 8 }),
      svg('text', { x: tx, y: ty },
        svg('tspan', { class: 'label' }, station.label),
        name ? svg('tspan', { class: 'mono', dx: 7 }, name) : null),
      svg('text', { x: tx, y: ty + 18, class: 'detail' }, fit(station.detail, room, 6.6)));
  }

  /** A change that has just come. */
  function travel(change) {
    const way = journey(change, model.summary);
    if (way === null || document.hidden) return arrived(change);
    if (travelling >= most) {
      waiting += 1;
      return arrived(change);
    }
    if (prefersStillness() || way.lines.length === 0) {
      arrived(change);
      return pulse(way.end, way.result);
    }
    travelling += 1;
    ride(change, way).finally(() => {
      travelling -= 1;
      if (travelling === 0) waiting = 0;
      arrived(change);
      pulse(way.end, way.result);
    });
    return undefined;
  }

  async function ride(change, way) {
    const dot = svg('circle', { r: 6, class: 'train', 'data-tone': changeTone(change) });
    const label = svg('text', { class: 'train-label' }, fit(changeLine(change), 240, 7));
    trains.append(dot);
    if (travelling === 1) trains.append(label);
    try {
      for (const id of way.lines) {
        const path = base.querySelector(`[data-line="${CSS.escape(id)}"]`);
        if (path) await alongLine(path.dataset.phase, id, dot, label);
      }
    } finally {
      dot.remove();
      label.remove();
    }
  }

  function alongLine(phase, id, dot, label) {
    const begun = performance.now();
    return new Promise((done) => {
      function step(at) {
        const part = Math.min(1, Math.max(0, at - begun) / speed[phase]);
        // The picture may have been drawn anew meanwhile.
        const path = base.querySelector(`[data-line="${CSS.escape(id)}"]`);
        if (!path) return done();
        const eased = part < 0.5 ? 2 * part * part : 1 - 2 * (1 - part) ** 2;
        const point = path.getPointAtLength(path.getTotalLength() * eased);
        dot.setAttribute('cx', point.x);
        dot.setAttribute('cy', point.y);
        const isRight = point.x > geometry.width * 0.6;
        label.setAttribute('text-anchor', isRight ? 'end' : 'start');
        label.setAttribute('x', point.x + (isRight ? -12 : 12));
        label.setAttribute('y', geometry.isDown ? point.y + 5 : point.y - 42);
        if (part < 1) requestAnimationFrame(step);
        else done();
      }
      requestAnimationFrame(step);
    });
  }

  /** The lines tell how long the parts of this change took, as far as it is known. */
  function measured(change) {
    if (!model?.summary) return;
    const way = journey(change, model.summary);
    const ms = change.phases_ms;
    for (const id of way?.lines ?? []) {
      const phase = geometry?.lines.find((line) => line.id === id)?.phase;
      if (phase && Number.isFinite(ms[phase])) times.set(lineWithTime(id, phase), duration(ms[phase]));
    }
    const r = model.summary.resources.findIndex((resource) => resource.dest === change.resource);
    if (Number.isFinite(ms.file)) times.set(`plan ${r}>file ${r}`, duration(ms.file));
    if (Number.isFinite(ms.read_back)) readBack.set(r, duration(ms.read_back));
  }

  /** The lines and the caption tell of the change that came last. */
  function arrived(change) {
    measured(change);
    const ms = change.phases_ms;
    const parts = phases.filter(([key]) => Number.isFinite(ms[key])).map(([key, words]) => `${words} ${duration(ms[key])}`);
    put(caption, el('b', {}, changeLine(change)),
      change.total_ms !== null && change.total_ms !== undefined ? ` in ${duration(change.total_ms)}` : '',
      parts.length ? `: ${parts.join(', ')}` : '', '.',
      change.message ? ` ${sentence(change.message)}` : '',
      waiting ? ` ${waiting} more at the same time.` : '');
  }

  /** The commands' time of all HAProxies of a resource is written at the first line. */
  const lineWithTime = (id, phase) => (phase === 'commands' ? id.replace(/>haproxy (\d+) \d+$/, '>haproxy $1 0') : id);

  function pulse(stationId, tone) {
    const circle = base.querySelector(`[data-station="${CSS.escape(stationId)}"] circle`);
    if (!circle) return;
    const ring = svg('circle', { class: 'pulse', 'data-tone': tone, cx: circle.getAttribute('cx'), cy: circle.getAttribute('cy'), r: 8 });
    trains.append(ring);
    setTimeout(() => ring.remove(), 900);
  }

  new ResizeObserver(() => model && update(model, Date.now() + model.clockOffset)).observe(root);
  return { update, travel, measured };
}

function fit(text, room, perCharacter) {
  const most = Math.max(4, Math.floor(room / perCharacter));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function describe({ keys, rows }) {
  const station = (s) => [s.label, s.name, s.detail].filter(Boolean).join(' ');
  return `The way from keys to HAProxy. ${station(keys)}. ` + rows.map((row) =>
    [row.template, row.plan, ...row.ends].map(station).join('; ')).join('. ');
}
