import { join } from "node:path";

/** What the small server offers, and what it does wrong. */
export interface SmallServer {
  tools?: readonly object[];
  pages?: number;
  /** Milliseconds before each page. */
  pause?: number;
  mode?: "mute" | "die-at-once" | "clingy" | "nonsense" | "flood" | "junk" | "long-line" | "storm" | "ask";
}

/** The configuration of an MCP server of one file, `small-server.mjs`. */
export function smallServer(options: SmallServer = {}) {
  return {
    command: process.execPath,
    args: [join(import.meta.dirname, "small-server.mjs"), JSON.stringify(options)],
  };
}
