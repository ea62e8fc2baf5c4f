// Brings what hitlessd says: /status once, then /events, and again whenever the connection is lost.

const silentFor = 20_000; // then hitlessd is asked whether it is still there
const firstRetry = 500;
const longestRetry = 5_000;

/** on: {status, summary, servers, change, phases, missed, away}, each called with what came. Returns {readAgain}. */
export function startFeed(on) {
  let source = null;
  let lastId = 0;
  let lastHeard = Date.now();
  let retry = firstRetry;
  let attempt = 0;

  const heard = () => {
    lastHeard = Date.now();
    retry = firstRetry;
  };
  const away = () => on.away();

  async function readStatus() {
    const answer = await fetch('status', { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const status = await answer.json();
    heard();
    on.status(status);
    return status;
  }

  async function begin() {
    attempt += 1;
    const own = attempt;
    source?.close();
    source = null;
    try {
      const status = await readStatus();
      if (own !== attempt) return;
      lastId = status.changes?.at(-1)?.id ?? 0;
      listen();
    } catch {
      if (own !== attempt) return;
      away();
      again();
    }
  }

  function again() {
    setTimeout(begin, retry);
    retry = Math.min(longestRetry, retry * 2);
  }

  function listen() {
    // Where /status had no change yet, one may come before the stream begins: /status has it then.
    let readsAgain = lastId === 0;
    source = new EventSource(lastId === 0 ? 'events' : `events?after=${encodeURIComponent(lastId)}`);
    const own = source;
    const take = (name, use) => own.addEventListener(name, (event) => {
      if (own !== source) return;
      heard();
      let data = null;
      try {
        data = JSON.parse(event.data);
      } catch {
        return; // what isn't JSON says nothing
      }
      use(data, event);
    });
    take('summary', (data) => {
      on.summary(data);
      if (readsAgain) readAgain();
      readsAgain = false;
    });
    take('servers', (data) => on.servers(data));
    take('change', (data, event) => {
      lastId = event.lastEventId || data.id;
      on.change(data);
    });
    take('phases', (data) => on.phases(data));
    take('missed', (data) => {
      on.missed(data);
      readAgain();
    });
    own.addEventListener('error', () => {
      if (own !== source) return;
      // The browser tries again by itself, unless hitlessd has answered something else.
      if (own.readyState === EventSource.CLOSED) again();
      look(0);
    });
  }

  const readAgain = () => readStatus().catch(away);

  /** The connection may have been cut by something between, so hitlessd is asked before it counts as away. */
  async function look(silence) {
    if (Date.now() - lastHeard < silence) return;
    try {
      await fetch('healthz', { cache: 'no-store', signal: AbortSignal.timeout(5_000) });
      heard();
      if (silence > 0 && source?.readyState !== EventSource.OPEN) begin();
    } catch {
      away();
    }
  }

  begin();
  setInterval(() => look(silentFor), 5_000);
  return { readAgain };
}
