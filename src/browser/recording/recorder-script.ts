import { readFile } from "node:fs/promises";
import { once } from "../../once.ts";

/** Name of the recorder's world in pages, and of the function there that passes events on. */
export const RECORDER_WORLD = "agent-server-recorder";
export const RECORDER_BINDING = "agentServerRecorded";

/** Path of the recorder in `node_modules`. The build copies it next to the built code. */
export const RECORDER_SOURCE = "@rrweb/record/umd/record.min.js";
export const RECORDER_FILE = "rrweb-record.js";

/**
 * Starts the recorder in the main frame of a page, once. What a page shows in its frames is in the events of the page.
 */
const START = `
if (globalThis === globalThis.top && globalThis.agentServerStop === undefined) {
  globalThis.agentServerStop = (globalThis.rrwebRecord.record ?? globalThis.rrwebRecord)({
    emit: (event) => globalThis.${RECORDER_BINDING}(JSON.stringify(event)),
    maskInputOptions: { password: true },
    slimDOMOptions: "all",
    inlineStylesheet: true,
  });
}`;

/** Ends the recorder of a page. */
export const STOP = "globalThis.agentServerStop?.(); globalThis.agentServerStop = undefined;";

/** The recorder, for the world that has its name. */
export const recorderScript = once(async () => `${await readRecorder()}\n${START}`);

async function readRecorder(): Promise<string> {
  const built = new URL(`./${RECORDER_FILE}`, import.meta.url);
  const installed = new URL(`../../../node_modules/${RECORDER_SOURCE}`, import.meta.url);
  return readFile(built, "utf8").catch(() => readFile(installed, "utf8"));
}
