// How long changes took, from the cumulative buckets of /status. No DOM.
import { duration } from './format.mjs';

/** [{fromMs, toMs (null: no end), count, part (of the largest)}], without empty ends. */
export function bars(propagation) {
  const buckets = (Array.isArray(propagation?.buckets) ? propagation.buckets : [])
    .filter((b) => b && Number.isFinite(b.count));
  let [before, fromMs] = [0, 0];
  const all = buckets.map(({ le_ms: toMs, count }) => {
    const bar = { fromMs, toMs: toMs ?? null, count: Math.max(0, count - before) };
    [before, fromMs] = [Math.max(before, count), toMs ?? fromMs];
    return bar;
  });
  const used = all.map((bar) => bar.count > 0);
  const [first, last] = [used.indexOf(true), used.lastIndexOf(true)];
  if (first < 0) return [];
  const most = Math.max(...all.map((bar) => bar.count));
  return all.slice(first, last + 1).map((bar) => ({ ...bar, part: bar.count / most }));
}

/** "1 to 2.5 ms", "over 1 s", "up to 1 ms". */
export function rangeWords({ fromMs, toMs }) {
  if (toMs === null) return `over ${bound(fromMs)}`;
  if (fromMs === 0) return `up to ${bound(toMs)}`;
  return `${bound(fromMs)} to ${bound(toMs)}`;
}

/** A bucket's bound, short: "0.5 ms", "10 ms", "2.5 s". */
export function bound(ms) {
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}

/** One sentence of it. */
export function propagationWords(propagation) {
  const count = propagation?.count ?? 0;
  if (count === 0) return 'No change has reached HAProxy since hitlessd was started.';
  if (count === 1) return `One change since hitlessd was started: it took ${duration(propagation.p50_ms)}.`;
  return `Of ${count.toLocaleString('en')} changes, half reached HAProxy within ${duration(propagation.p50_ms)}`
    + `, and 99 of 100 within ${duration(propagation.p99_ms)}.`;
}
