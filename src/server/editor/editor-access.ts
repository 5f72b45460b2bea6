import { AgentServerError } from "../../errors.ts";
import { once } from "../../once.ts";
import type { EditorAccess } from "../../routes/machine/vscode.ts";
import type { ResolvedOptions } from "../options/resolved-options.ts";

/** In the words of the reference. */
const DISABLED = "VSCode is disabled in configuration";
const HOW_TO_ENABLE = `${DISABLED}. Set enable_vscode=true to enable.`;

/** An editor on this machine would let users out of the one that the host has chosen for them. */
const ELSEWHERE =
  "VSCode works on the server's own machine, and this server's conversations work on another one";

/** The editor as routes see it, loaded when it is first asked for. */
export interface ClosableEditor extends EditorAccess {
  /** Ends the editor if it was started. */
  close(): Promise<void>;
}

/** Gives access to the editor that the options allow. */
export function editorAccess(options: ResolvedOptions): ClosableEditor {
  const { vscode, workspace, environment, commandEnvironment, logger } = options;
  if (vscode === null) return absent(DISABLED, HOW_TO_ENABLE);
  if (workspace !== undefined) return absent(ELSEWHERE);
  let isLoaded = false;
  const load = once(async () => {
    isLoaded = true;
    const { Editor } = await import("./editor.ts");
    return new Editor({ vscode, environment, commandEnvironment, logger });
  });
  return {
    state: async () => (await load()).state(),
    url: async (request) => (await load()).url(request),
    close: async () => {
      if (isLoaded) await (await load()).close();
    },
  };
}

function absent(message: string, detail = message): ClosableEditor {
  return {
    state: async () => ({ running: false, enabled: false, message }),
    url: async () => {
      throw new AgentServerError("unavailable", detail);
    },
    close: async () => {},
  };
}
