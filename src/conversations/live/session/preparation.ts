import { mergeChanges } from "../../../agent/loop/extensions/changes.ts";
import type { Extensions } from "../../../agent/loop/extensions/extensions.ts";
import type { AgentSession } from "../../../agent/loop/session.ts";
import type { Toolbox } from "../../../tools/toolbox/toolbox.ts";
import type { Agent } from "../../../wire/agent/agent.ts";
import type { NewEvent } from "../../../wire/events/events.ts";
import { recordsFirst } from "../../../wire/events/hook-records.ts";
import type { LazyWorkspace } from "../../../workspace/lazy-workspace.ts";
import type { LiveContext } from "../conversation-context.ts";
import type { StateKeeper } from "../state-keeper.ts";
import type { LogView } from "./log-view.ts";
import type { PromptFiles } from "./prompt-files.ts";
import { type AroundPrompt, PromptWriter } from "./prompt-writer.ts";

export interface PreparationParts {
  /** The session that is prepared. */
  session: AgentSession & { readLog(): Promise<void> };
  keeper: StateKeeper;
  logView: Pick<LogView, "hasPrompt">;
  /** The machine the agent works on. */
  workspace: LazyWorkspace;
  context: Pick<LiveContext, "clock" | "userDir">;
  /** The agent with what the files of its project add to it. */
  completeAgent(): Promise<Agent>;
  /** Opens the tools of an agent. */
  openTools(agent: Agent): Promise<Toolbox>;
  openExtensions(): Promise<Extensions>;
  /** Reads the texts of files that the system prompt of the agent has. */
  readPromptFiles(agent: Agent): Promise<PromptFiles>;
  /** Aborted when the conversation closes. */
  signal: AbortSignal;
}

/** The parts of a session that are opened before its first message or run. */
export interface Prepared {
  tools: Toolbox;
  extensions: Extensions;
  prompt: PromptWriter;
}

/** The opening of tools, extensions and the system prompt, when a session first needs them, and their end. */
export class Preparation {
  readonly #parts: PreparationParts;
  #prepared: Prepared | null = null;
  #preparing: Promise<void> | null = null;
  /** Updates of the agent by files of its project that no attempt to open has taken up yet. */
  #completed: NewEvent[] = [];

  constructor(parts: PreparationParts) {
    this.#parts = parts;
  }

  /** Throws before `prepare` has resolved. */
  get prepared(): Prepared {
    if (this.#prepared === null) throw new Error("The tools were not opened yet");
    return this.#prepared;
  }

  /** Opens everything, once. After a failure the next call tries again. */
  prepare(): Promise<void> {
    this.#preparing ??= this.#open().catch((error: unknown) => {
      this.#preparing = null;
      throw error;
    });
    return this.#preparing;
  }

  /** HEAD has moved to a branch that has a system prompt, or needs one with its next message. */
  moved(branch: { hasPrompt: boolean }): void {
    this.#prepared?.prompt.moved(branch);
  }

  /** Closes what was opened, or is being opened. */
  async close(): Promise<void> {
    await this.#preparing?.catch(() => {});
    await this.#closeExtensions();
    await this.#prepared?.tools.close();
  }

  async #open(): Promise<void> {
    const { session, keeper, logView, workspace, context, readPromptFiles } = this.#parts;
    await session.readLog();
    const agent = await this.#parts.completeAgent();
    const isLeftToRunner = agent.kind !== "Agent";
    const needsPrompt = !logView.hasPrompt && !isLeftToRunner;
    const files = needsPrompt ? await readPromptFiles(agent) : undefined;
    const tools = await this.#parts.openTools(agent);
    const { workingDir } = (await workspace.get()).info;
    this.#completed.push(...keeper.assign({ agent }));
    const extensions = await this.#parts.openExtensions();
    const prompt = new PromptWriter({
      keeper,
      tools,
      workingDir,
      context,
      readFiles: readPromptFiles,
      files,
      // HEAD may have moved meanwhile.
      isNeeded: !logView.hasPrompt,
      isLeftToRunner,
    });
    // Set before the extensions start, because they see the tools then.
    this.#prepared = { tools, extensions, prompt };
    prompt.surround(await this.#startExtensions(this.#prepared));
    keeper.openAccounts();
  }

  /** Returns the events that extensions add. A failure closes what was opened: the next attempt opens it again. */
  async #startExtensions({ tools, extensions }: Prepared): Promise<AroundPrompt> {
    const { session, keeper, signal } = this.#parts;
    try {
      const { state, events } = mergeChanges(await extensions.start({ session, signal }));
      const { records, events: behind } = recordsFirst(events);
      const before = [...this.#completed, ...keeper.assign(state), ...records];
      this.#completed = [];
      return { before, behind };
    } catch (error) {
      this.#prepared = null;
      await Promise.all([extensions.close(session.state.id), tools.close()]);
      throw error;
    }
  }

  /**
   * Stores what extensions have to say at the end, behind what they did at the start where nothing was stored since. A
   * log that takes nothing more is left as it is.
   */
  async #closeExtensions(): Promise<void> {
    if (this.#prepared === null) return;
    const { session } = this.#parts;
    const { extensions, prompt } = this.#prepared;
    const { state, events } = mergeChanges(await extensions.close(session.state.id));
    await session.update(state, [...prompt.giveUp(), ...events]).catch(() => {});
  }
}
