import { text } from "../../wire/events/message.ts";
import type { CommandMetadata, TerminalObservation } from "../../wire/events/observations.ts";

/** Metadata of a command that has not ended. */
const NO_METADATA: Readonly<CommandMetadata> = {
  exit_code: -1,
  pid: -1,
  username: null,
  hostname: null,
  working_dir: null,
  py_interpreter_path: null,
  prefix: "",
  suffix: "",
};

export interface TerminalResult {
  command: string;
  output: string;
  isError?: boolean;
  /** null when nothing was run. Default: the one of the metadata. */
  exitCode?: number | null;
  metadata?: Partial<CommandMetadata>;
  /** Absolute path of the folder for output that is too long to show. */
  outputDir: string;
}

export function toObservation(result: TerminalResult): TerminalObservation {
  const metadata = { ...NO_METADATA, ...result.metadata };
  return {
    content: [text(result.output)],
    is_error: result.isError ?? false,
    command: result.command,
    exit_code: result.exitCode === undefined ? metadata.exit_code : result.exitCode,
    timeout: false,
    metadata,
    full_output_save_dir: result.output === "" ? null : result.outputDir,
    kind: "TerminalObservation",
  };
}
