import { systemPromptEvent } from "../../../agent/system-prompt/system-prompt-event.ts";
import type { Toolbox } from "../../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../../wire/agent/agent.ts";
import type { NewEvent } from "../../../wire/events/events.ts";
import type { LiveContext } from "../conversation-context.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { PromptFiles } from "./prompt-files.ts";

export interface PromptWriterParts {
  keeper: StateKeeper;
  tools: Toolbox;
  workingDir: string;
  context: Pick<LiveContext, "clock" | "userDir">;
  /** Reads the texts of files that the system prompt of the agent has. */
  readFiles(agent: Agent): Promise<PromptFiles>;
  /** Those texts; undefined when they are not read yet. */
  files: PromptFiles | undefined;
  /** Whether the active branch has no system prompt. */
  isNeeded: boolean;
  /** Whether the runner of the agent writes the system prompt. */
  isLeftToRunner: boolean;
}

/** Events of extensions around the system prompt. */
export interface AroundPrompt {
  before: readonly NewEvent[];
  behind: readonly NewEvent[];
}

const NOTHING: AroundPrompt = { before: [], behind: [] };

/** Appends the system prompt, and what extensions did at their start, before any other event of a session. */
export class PromptWriter {
  readonly #parts: PromptWriterParts;
  #files: PromptFiles | undefined;
  #isNeeded: boolean;
  #around = NOTHING;

  constructor(parts: PromptWriterParts) {
    this.#parts = parts;
    this.#files = parts.files;
    this.#isNeeded = parts.isNeeded && !parts.isLeftToRunner;
  }

  /** Whether anything still has to be appended. */
  get isDue(): boolean {
    return this.#isNeeded || this.#around.before.length + this.#around.behind.length > 0;
  }

  /** HEAD has moved to a branch that has a system prompt, or needs one with its next message. */
  moved({ hasPrompt }: { hasPrompt: boolean }): void {
    this.#isNeeded = !hasPrompt && !this.#parts.isLeftToRunner;
  }

  /** Puts events of extensions around the system prompt. */
  surround(around: AroundPrompt): void {
    this.#around = around;
  }

  /** Gives up the events of extensions and returns those that are to be stored without a prompt. */
  giveUp(): readonly NewEvent[] {
    const { before } = this.#around;
    this.#around = NOTHING;
    return before;
  }

  /**
   * Reads what a system prompt needs, if one is needed. Appending follows in the same moment: HEAD may move in any
   * other.
   */
  async read(): Promise<void> {
    while (this.#isNeeded && this.#files === undefined) {
      this.#files = await this.#parts.readFiles(this.#parts.keeper.state.agent);
    }
  }

  /** Appends events with those that must be in the log before any other. Those are appended once. */
  async append(toEvents: (prompt: readonly NewEvent[]) => readonly NewEvent[]): Promise<void> {
    const isNeeded = this.#isNeeded;
    const around = this.#around;
    const prompt = [...around.before, ...(isNeeded ? [this.#systemPrompt()] : []), ...around.behind];
    this.#isNeeded = false;
    this.#around = NOTHING;
    try {
      await this.#parts.keeper.append(toEvents(prompt));
    } catch (error) {
      this.#isNeeded = isNeeded;
      this.#around = around;
      throw error;
    }
  }

  #systemPrompt(): NewEvent {
    const { keeper, tools, workingDir, context } = this.#parts;
    const { agent, secret_registry: registry } = keeper.state;
    const secrets = Object.entries(registry.secret_sources).map(([name, { description }]) => ({
      name,
      description,
    }));
    const { clock, userDir } = context;
    const now = clock.now();
    return systemPromptEvent({ agent, tools, secrets, now, workingDir, userDir, ...this.#files });
  }
}
