/**
 * `npm run soak -- --minutes 30`: one server at work without a break: conversations that come, run commands and go,
 * sockets that come and go, searches and lists. Prints memory and open descriptors over time, and whether they are
 * flat.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createConversation, untilIdle } from "./conversation.ts";
import { FrameReader } from "./load/frame-reader.ts";
import { ask, closeConnections } from "./load/http-client.ts";
import { Model } from "./load/model.ts";
import { median, range } from "./statistics.ts";
import { descriptors, ours, residentMiB } from "./target.ts";

const WORKERS = 4;
/** Conversations kept; older ones are deleted. */
const KEPT = 20;
const STEPS = 6;
const COMMAND = "seq 2000 | tail -n 200; sleep 0.05; ls";
const SAMPLE_MS = 5_000;
/** Growth from the second quarter to the last that still counts as flat. */
const FLAT_MIB = 15;
const FLAT_DESCRIPTORS = 5;

interface Sample {
  minute: number;
  residentMiB: number;
  descriptors: number;
  conversations: number;
}

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    dist: { type: "string", default: resolve(import.meta.dirname, "../../dist") },
  },
});
const runMs = Number(options.minutes) * 60_000;
const folder = mkdtempSync(join(tmpdir(), "agent-server-soak-"));
const model = await Model.start();
const server = await ours(options.dist).start(folder);
const { url, pid } = server;
const started = performance.now();
const kept: string[] = [];
const samples: Sample[] = [];
let conversations = 0;
try {
  const sampling = setInterval(sample, SAMPLE_MS);
  await Promise.all(range(WORKERS).map(work));
  clearInterval(sampling);
  report();
} finally {
  await server.stop();
  await model.stop();
  closeConnections();
  rmSync(folder, { recursive: true, force: true });
}

async function work(): Promise<void> {
  while (performance.now() - started < runMs) {
    const id = await oneConversation();
    conversations += 1;
    kept.push(id);
    if (kept.length > KEPT) await ask(`${url}/api/conversations/${kept.shift()}`, "DELETE");
  }
}

/** A conversation of a few steps, watched by sockets that stay, leave half-way and come back for what they missed. */
async function oneConversation(): Promise<string> {
  const script = await model.load([STEPS], COMMAND);
  const id = await createConversation({ url, model: script.url, folder, tools: ["terminal", "file_editor"] });
  const sockets = `${url}/sockets/events/${id}`;
  const staying = new FrameReader(sockets);
  const leaving = new FrameReader(sockets);
  await Promise.all([staying.until(1), leaving.until(1)]);
  const content = [{ type: "text", text: "Go on." }];
  await ask(`${url}/api/conversations/${id}/events`, "POST", { role: "user", content, run: true });
  await leaving.until(6);
  leaving.socket.destroy();
  await untilIdle(url, id);
  const back = new FrameReader(`${sockets}?resend_mode=all`);
  await back.until(STEPS * 2);
  back.socket.destroy();
  await ask(`${url}/api/conversations/search?limit=20`);
  await ask(`${url}/api/conversations/${id}/events/search?limit=50&sort_order=TIMESTAMP_DESC`);
  await ask(`${url}/api/conversations/${id}/events/count`);
  staying.socket.destroy();
  return id;
}

function sample(): void {
  const minute = (performance.now() - started) / 60_000;
  samples.push({ minute, residentMiB: residentMiB(pid), descriptors: descriptors(pid), conversations });
  const { residentMiB: mib, descriptors: open } = samples.at(-1) as Sample;
  console.log(
    `${minute.toFixed(1).padStart(5)} min  ${mib.toFixed(0).padStart(4)} MiB  ${String(open).padStart(4)} descriptors  ${conversations} conversations`,
  );
}

/** The first quarter is warming up: the second is held against the last. */
function report(): void {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) {
    console.log("too short to tell");
    return;
  }
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const grown = (key: "residentMiB" | "descriptors") =>
    median(late.map((each) => each[key])) - median(early.map((each) => each[key]));
  const [memory, open] = [grown("residentMiB"), grown("descriptors")];
  const flat = memory <= FLAT_MIB && open <= FLAT_DESCRIPTORS;
  console.log(
    `${flat ? "flat" : "NOT FLAT"}: ${memory.toFixed(1)} MiB and ${open} descriptors from the second quarter to the last`,
  );
}
