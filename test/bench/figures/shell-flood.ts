import type { Figure } from "../figure.ts";
import { FrameReader } from "../load/frame-reader.ts";
import { ask, call } from "../load/http-client.ts";
import { median, quantile, range, rounded } from "../statistics.ts";
import type { Running } from "../target.ts";

const MIB = 1024 * 1024;
const FLOOD_MIB = 5;
const ROUNDS = 8;
/** Milliseconds between two requests to /health. */
const PROBE_MS = 2;
/** Milliseconds of a round without a flood, which says what the machine itself does to /health. */
const QUIET_MS = 300;
const MAX_P95_MS = 20;
const MAX_EVENTS = 50;

interface Flood {
  /** 95th percentile of the time of /health meanwhile, in milliseconds. */
  p95: number;
  /** Milliseconds from the request to the answer with all output. */
  took: number;
  events: number;
}

/** 5 MiB of output through the bash API, without and with a socket that watches. */
export const shellFlood: Figure = {
  name: "shell flood",
  bar: `/health p95 <= ${MAX_P95_MS} ms meanwhile, <= ${MAX_EVENTS} events`,
  reference: true,
  async measure({ target, folder }) {
    const server = await target.start(folder);
    try {
      await flood(server);
      const quiet: number[] = [];
      const alone: Flood[] = [];
      const watched: Flood[] = [];
      for (const _ of range(ROUNDS)) {
        quiet.push((await probed(server, () => pause(QUIET_MS))).p95);
        alone.push(await flood(server));
        watched.push(await floodWithWatcher(server));
      }
      const quietP95 = median(quiet);
      const p95 = median(alone.map((each) => each.p95));
      const watchedP95 = median(watched.map((each) => each.p95));
      const took = median(alone.map((each) => each.took));
      const watchedTook = median(watched.map((each) => each.took));
      const events = Math.max(...[...alone, ...watched].map((each) => each.events));
      return {
        shown:
          `/health p95 ${p95.toFixed(1)} ms, ${watchedP95.toFixed(1)} ms with a socket, ${quietP95.toFixed(1)} ms without a flood; ` +
          `${FLOOD_MIB} MiB in ${took.toFixed(0)} ms, ${watchedTook.toFixed(0)} ms with a socket; ${events} events`,
        good: Math.max(p95, watchedP95) <= MAX_P95_MS && events <= MAX_EVENTS,
        values: {
          quiet_p95_ms: rounded(quietP95),
          p95_ms: rounded(p95),
          watched_p95_ms: rounded(watchedP95),
          took_ms: rounded(took),
          watched_took_ms: rounded(watchedTook),
          events,
        },
      };
    } finally {
      await server.stop();
    }
  },
};

async function floodWithWatcher(server: Running): Promise<Flood> {
  const reader = new FrameReader(`${server.url}/sockets/bash-events`);
  // The command that opens the flood is a frame too, so that the reader is known to watch.
  await ask(`${server.url}/api/bash/execute_bash_command`, "POST", { command: "sleep 0.2" });
  const measured = await flood(server);
  await reader.until(measured.events);
  reader.socket.destroy();
  return measured;
}

async function flood(server: Running): Promise<Flood> {
  const { url } = server;
  const command = `head -c ${FLOOD_MIB * MIB} /dev/zero | tr '\\0' x`;
  const execute = () =>
    ask<{ command_id: string; stdout: string }>(`${url}/api/bash/execute_bash_command`, "POST", { command });
  const from = performance.now();
  const { p95, result: output } = await probed(server, execute);
  const took = performance.now() - from;
  if (output.stdout.length !== FLOOD_MIB * MIB) throw new Error(`${output.stdout.length} characters came`);
  return { p95, took, events: await countEvents(url, output.command_id) };
}

/** Asks for /health as long as the work goes on. */
async function probed<T>({ url }: Running, work: () => Promise<T>): Promise<{ p95: number; result: T }> {
  let isOver = false;
  const times: number[] = [];
  const probing = (async () => {
    while (!isOver) {
      const from = performance.now();
      await call(`${url}/health`);
      times.push(performance.now() - from);
      await pause(PROBE_MS);
    }
  })();
  const result = await work();
  isOver = true;
  await probing;
  return { p95: quantile(times, 0.95), result };
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** The command and its outputs. */
async function countEvents(url: string, commandId: string): Promise<number> {
  const at = `${url}/api/bash/bash_events/search?command_id__eq=${commandId}&sort_order=TIMESTAMP_DESC&limit=1`;
  const { items } = await ask<{ items: { order: number }[] }>(at);
  return (items[0]?.order ?? 0) + 2;
}
