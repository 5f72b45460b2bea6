import { z } from "zod";

const VARIABLE_NAME = /^[A-Za-z_]\w*$/;

/** `tools[].params` of the terminal. Every type of session behaves like `subprocess`. */
export const terminalParams = z.strictObject({
  /** Another user than that of the server is refused when the conversation starts. */
  username: z.null().optional(),
  terminal_type: z
    .enum(["subprocess", "tmux"], {
      error: ({ input }) =>
        input === "powershell"
          ? "this server has no PowerShell: leave it out, or send 'subprocess'"
          : "must be 'subprocess' or 'tmux'",
    })
    .nullish(),
  no_change_timeout_seconds: z.number().positive().nullish(),
  /** Path of a bash. Other shells lack its prompt hooks. */
  shell_path: z.string().nullish(),
  env: z
    .record(z.string().regex(VARIABLE_NAME, "is not a name for an environment variable"), z.string())
    .nullish(),
});

export interface TerminalParams {
  /** Seconds without output after which a call returns. */
  noChangeTimeout: number;
  shellPath: string | undefined;
  env: Record<string, string>;
}

const NO_CHANGE_TIMEOUT_SECONDS = 30;

/** Reads `tools[].params` of the terminal. */
export function readTerminalParams(input: Record<string, unknown>): TerminalParams {
  const parsed = terminalParams.safeParse(input);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `params.${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`The terminal cannot be opened: ${wrong.join("; ")}`);
  }
  return {
    noChangeTimeout: parsed.data.no_change_timeout_seconds ?? NO_CHANGE_TIMEOUT_SECONDS,
    shellPath: parsed.data.shell_path ?? undefined,
    env: parsed.data.env ?? {},
  };
}
