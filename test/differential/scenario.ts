import type { Client } from "./client.ts";
import type { Step } from "./scripted-model.ts";
import type { RunningServer } from "./servers.ts";

export interface Setting {
  /** The same folder for both servers, so that both see the same text. */
  workspace: string;
  /** Of the model. */
  base_url: string;
  /** Starts another server of the same side, with variables of its own. Who starts it stops it. */
  another(environment: Record<string, string>): Promise<RunningServer>;
}

export interface Scenario {
  name: string;
  /** What the model answers, call by call; a function where it must speak of the workspace. */
  script: readonly Step[] | ((workspace: string) => readonly Step[]);
  /** Laid over the start request; a function where it must speak of the workspace. */
  request?: object | ((workspace: string) => object);
  /** Laid over the agent; a function where it has models of its own, which are like the agent's. */
  agent?: object | ((llm: object, workspace: string) => object);
  /** The agent is given as settings instead, with these laid over. */
  settings?: object;
  /** Laid over the model. */
  llm?: object;
  /**
   * Compares what the model is asked, too. A text that one of the servers writes around some of these is compared by
   * which of them it holds.
   */
  prompts?: readonly string[];
  /** Compares the fields and headers of the requests to the model, too, and the forms of their messages. */
  fields?: true;
  /** It takes all places for runs, so nothing else is at play. */
  alone?: boolean;
  /** What the client does; one message and its run when left out. */
  drive?(client: Client, setting: Setting): Promise<void>;
}

export const finish: Step = { calls: [{ name: "finish", args: { message: "Done." } }] };

export function run(command: string, more: object = {}): Step {
  return call("terminal", { command, ...more });
}

export function edit(args: object): Step {
  return call("file_editor", args);
}

export function think(thought: string): Step {
  return call("think", { thought });
}

export function call(name: string, args: object | string): Step {
  return { calls: [{ name, args }] };
}

export function userMessage(text: string, run: boolean): object {
  return { role: "user", content: [{ type: "text", text }], run };
}

export function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
