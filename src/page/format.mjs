// Numbers and times as text for people.

/** A duration in milliseconds, with two or three digits: "0.4 ms", "12 ms", "1.2 s", "3 min". */
export function duration(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return age(ms);
}

/** How long something has lasted, in one or two units: "9 s", "4 min", "2 h 5 min", "3 d 4 h". */
export function age(ms) {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return '–';
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** The milliseconds since 1970 of an ISO time; null for anything else. */
export function instant(iso) {
  const ms = typeof iso === 'string' ? Date.parse(iso) : NaN;
  return Number.isNaN(ms) ? null : ms;
}

const pad = (n, digits = 2) => String(n).padStart(digits, '0');

/** The time of day where the reader is: "14:03:22", with the date when it isn't today's. */
export function clock(ms, now = Date.now()) {
  if (ms === null) return '–';
  const at = new Date(ms);
  const text = `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
  if (at.toDateString() === new Date(now).toDateString()) return text;
  return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${text}`;
}

/** As `clock`, with milliseconds. */
export function exactClock(ms, now = Date.now()) {
  return ms === null ? '–' : `${clock(ms, now)}.${pad(new Date(ms).getMilliseconds(), 3)}`;
}

/** "1 server", "5,000 servers"; `many` for words that don't take an s. */
export function counted(count, one, many = `${one}s`) {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** "web1, web2, web3 and 9 more". */
export function some(names, limit = 3) {
  if (names.length <= limit + 1) return list(names);
  return `${names.slice(0, limit).join(', ')} and ${(names.length - limit).toLocaleString('en')} more`;
}

/** "a, b and c". */
export function list(names) {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** The last part of a path: what people call a file or a socket. */
export function baseName(path) {
  return String(path).split('/').filter(Boolean).at(-1) ?? String(path);
}

/** A text from hitlessd as the end of a sentence of ours: without a full stop of its own. */
export function clause(text) {
  return String(text ?? '').trim().replace(/[.\s]+$/, '');
}

/** A text from hitlessd as a sentence: "key /a is bad" becomes "Key /a is bad.". */
export function sentence(text) {
  const words = clause(text);
  // A first word that may be a name, as web1 is, stays as it is.
  const end = /[?!]$/.test(words) ? '' : '.';
  return words && `${/^[a-z]+\s/.test(words) ? words[0].toUpperCase() + words.slice(1) : words}${end}`;
}

/** Text from HAProxy, etcd or a template, with control and direction characters spelled out. */
export function printable(text) {
  return String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}
