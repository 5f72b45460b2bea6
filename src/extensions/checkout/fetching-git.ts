import type { OutputChunk, RunResult } from "../../workspace/workspace.ts";
import type { ExtensionPlace } from "../place.ts";
import { failureCode } from "./failure-code.ts";
import { fetchEnvironment, type Remote } from "./fetch-environment.ts";
import { SourceError, type SourceErrorCode } from "./source-error.ts";

/** How a source is asked. */
export interface FetchRules {
  /**
   * Only what the request brings is used: no configuration, credential helper or key file of the user. Otherwise git
   * may use those. Neither asks a person.
   */
  isStrict: boolean;
  /** Milliseconds since 1970 at which the source counts as too slow. */
  deadline: number;
  /** Values that the log may not repeat. */
  hidden?: readonly string[];
  signal?: AbortSignal | undefined;
}

/** Bytes of the output of one command. */
const MAX_OUTPUT = 8 * 1024 * 1024;

/** Blocks of 512 bytes, in some shells of 1,024, that one file of a repository may take; a pack of all is one file. */
const MAX_BLOCKS = 1_048_576;

const TO_SMALL_FILES = `ulimit -f ${MAX_BLOCKS} && exec "$@"`;

/** Git for one remote, in one folder. Nothing that the remote sends chooses a program or an address. */
export class FetchingGit {
  readonly #place: ExtensionPlace;
  readonly #rules: FetchRules;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(
    place: ExtensionPlace,
    { rules, environment }: { rules: FetchRules; environment: Readonly<Record<string, string>> },
  ) {
    this.#place = place;
    this.#rules = rules;
    this.#environment = environment;
  }

  /**
   * Judges the address of a remote before git asks it.
   *
   * @throws SourceError `invalid_source`, `source_not_allowed`, `source_unavailable`
   */
  static async for(place: ExtensionPlace, remote: Remote, rules: FetchRules): Promise<FetchingGit> {
    return new FetchingGit(place, { rules, environment: await fetchEnvironment(place, remote, rules) });
  }

  /**
   * Runs a command that must succeed, until the deadline.
   *
   * @throws SourceError with git's own words; `otherwise` when they say no more
   */
  async run(
    parameters: readonly string[],
    { cwd, otherwise = "source_unavailable" }: { cwd: string; otherwise?: SourceErrorCode },
  ): Promise<string> {
    const { deadline, signal } = this.#rules;
    const result = await this.#place.workspace.run(
      ["sh", "-c", TO_SMALL_FILES, "sh", "git", "--no-pager", ...parameters],
      {
        cwd,
        env: this.#environment,
        timeout: Math.max(1, deadline - this.#place.clock.now()),
        maxBytes: MAX_OUTPUT,
        onOutput: endAtLimit(),
        ...(signal === undefined ? {} : { signal }),
      },
    );
    signal?.throwIfAborted();
    if (result.outcome === "timed_out") throw new SourceError("timeout", "Git operation timed out.");
    if (result.exitCode !== 0) throw this.#failure(result, otherwise);
    return result.stdout;
  }

  #failure({ stderr, exitCode }: RunResult, otherwise: SourceErrorCode): SourceError {
    if (/signal (25|31)|file too large/i.test(stderr)) return tooLarge();
    const words = stderr.trim() || `Git ended with code ${exitCode}.`;
    const message = words.replaceAll(/(https?:\/\/)[^/@\s]+@/gi, "$1****@");
    return new SourceError(failureCode(message, otherwise), message);
  }
}

/** A few objects of git can name more files than there are atoms, so a listing is cut off where it is too long. */
function endAtLimit(): (chunk: OutputChunk) => void {
  let length = 0;
  return ({ bytes }) => {
    length += bytes.length;
    if (length > MAX_OUTPUT) throw tooLarge();
  };
}

/** A repository that has more than this server takes. */
export function tooLarge(): SourceError {
  return new SourceError("source_not_allowed", "The repository is larger than this server takes.");
}
