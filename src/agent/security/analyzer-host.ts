import type { Llm } from "../../llm/llm.ts";
import type { LlmConfigInput } from "../../wire/agent/llm-config.ts";
import type { PromptView } from "../view/prompt-view.ts";
import type { ShellScans } from "./worker/shell-scanner.ts";

/** Sends a request to an address that a user has configured. It follows no redirect. */
export type ServiceFetch = (
  url: URL,
  request: {
    method: string;
    headers: Record<string, string>;
    body: string;
    signal: AbortSignal;
    redirect: "manual";
  },
) => Promise<Response>;

/** Credentials of the server for a service that rates actions. */
export interface ServiceKeys {
  /** undefined without one. */
  apiKey?: string | undefined;
  /** The policy of the server's account; undefined for that of the configuration. */
  policyId?: string | undefined;
}

/** Services of the analyzers of a conversation. */
export interface AnalyzerServices {
  /** Reads commands. */
  shellScanner: ShellScans;
  /** Makes a model whose use counts in the conversation. */
  createLlm(config: LlmConfigInput): Llm;
  fetch: ServiceFetch;
  /** Hides secret values in what leaves the server. */
  hide<T>(value: T): Promise<T>;
  /** Credentials for GraySwan. */
  graySwan: ServiceKeys;
}

/** The same at the moment of an analysis. */
export interface AnalyzerHost extends AnalyzerServices {
  /** The log as the model reads it, with the actions that are to be rated. */
  view: Pick<PromptView, "events" | "recent">;
  /** Aborted when nothing waits for the ratings any more. */
  signal: AbortSignal;
}

/** An analyzer cannot rate an action: its risk is UNKNOWN. */
export class Unrated extends Error {
  override readonly name = "Unrated";
}

/** A host for analyzers that are only made to be checked: it reaches nothing but the reader of commands. */
export function offlineHost(shellScanner: ShellScans): AnalyzerHost {
  const refuse = () => {
    throw new Unrated("no service can be reached here");
  };
  return {
    shellScanner,
    createLlm: refuse,
    fetch: async () => refuse(),
    hide: async (value) => value,
    graySwan: {},
    view: { events: [], recent: () => [] },
    signal: new AbortController().signal,
  };
}
