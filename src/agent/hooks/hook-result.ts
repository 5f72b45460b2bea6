/** The end of one hook. */
export interface HookResult {
  /** Whether the hook has done its work: a command ended with 0, a model decided. */
  success: boolean;
  /** Whether it refuses what it was asked about. */
  blocked: boolean;
  /** -1 when there is none. */
  exitCode: number;
  stdout: string;
  stderr: string;
  reason: string | null;
  /** Text for the model. */
  additionalContext: string | null;
  /** The failure of the hook itself. */
  error: string | null;
}

/** A result without any output. */
export const QUIET: HookResult = {
  success: true,
  blocked: false,
  exitCode: 0,
  stdout: "",
  stderr: "",
  reason: null,
  additionalContext: null,
  error: null,
};

/** The reason of a refusal, for the model and the user. */
export function refusalIn({ reason, stderr }: HookResult): string {
  return reason || stderr.trim() || "Blocked by hook";
}

/** The texts for the model in several results as one, or undefined without any. */
export function contextIn(results: readonly HookResult[]): string | undefined {
  const texts = results.flatMap(({ additionalContext }) => additionalContext || []);
  return texts.length === 0 ? undefined : texts.join("\n");
}
