import { allCommands, COMMON_OPTIONS } from "../arguments/command-table.ts";
import type { OptionSpec, OptionSpecs } from "../arguments/option-spec.ts";

/** A command as a script of a shell has it. */
export interface ShownCommand {
  name: string;
  summary: string;
  /** Words that are possible as its first operand. */
  words: readonly string[];
  /** Its operands are paths. */
  takesFolders: boolean;
  options: readonly ShownOption[];
}

export interface ShownOption extends OptionSpec {
  name: string;
}

/** The commands with the options that are completed. */
export function shownCommands(): ShownCommand[] {
  return allCommands().map(([name, { summary, operands, words = [], options }]) => ({
    name,
    summary,
    words,
    takesFolders: operands.startsWith("DIR"),
    options: shownOptions({ ...options, help: COMMON_OPTIONS.help }),
  }));
}

function shownOptions(options: OptionSpecs): ShownOption[] {
  return Object.entries(options)
    .filter(([, { hidden }]) => hidden !== true)
    .map(([name, spec]) => ({ name, ...spec }));
}
