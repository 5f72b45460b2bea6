import { parentPort } from "node:worker_threads";
import { loadBashParser } from "./bash-parser.ts";
import { type ScanReply, type ScanRequest, scanTexts } from "./shell-scan.ts";

// The module of the thread that `ShellScanner` starts. An exception ends the thread, and the scanner hears of it.
const parse = await loadBashParser();

parentPort?.on("message", (request: ScanRequest) => {
  const reply: ScanReply = { verdict: scanTexts(request, parse) };
  parentPort?.postMessage(reply);
});
parentPort?.postMessage("ready");
