import { readdirSync, readFileSync } from "node:fs";

/** Command lines of the small servers that run in a mode. */
export function programs(mode: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes("small-server.mjs") && line.includes(`"mode":"${mode}"`));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
