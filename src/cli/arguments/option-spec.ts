/** An option of a command, as the parser, the help and the completion of shells read it. */
export interface OptionSpec {
  /** One or two sentences without a full stop, for the help. */
  about: string;
  /** Name of its value, such as `PORT`. Absent for a switch. */
  value?: string;
  /** All values that are possible. Default: any text. */
  choices?: readonly string[];
  /** The value is a path, which shells complete. */
  path?: "file" | "folder";
  /** May be repeated: its value is a list. */
  multiple?: true;
  /** Heading under which the help shows it. Default: `Options`. */
  section?: string;
  /** Its few words on the first page of the help. Default: it is not shown there. */
  brief?: string;
  /** Accepted without being shown. */
  hidden?: true;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A command, under its name. */
export interface CommandSpec {
  /** Heading under which the first page of the help shows it. */
  group: "Serve" | "Talk" | "Data" | "More";
  /** Few words, for the first page of the help. */
  summary: string;
  /** Its operands, such as `ID`. Empty: none. */
  operands: string;
  /** Words that are possible as its first operand, for completion. */
  words?: readonly string[];
  /** Further paragraphs of its help, each a line of any length. */
  details?: readonly string[];
  options: OptionSpecs;
}
