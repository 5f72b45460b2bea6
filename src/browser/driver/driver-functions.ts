import type { BrowserAnswer, BrowserVerbs } from "../../tools/browser/browser-session.ts";

/** Names a browser context of one conversation. */
export interface ContextName {
  context: number;
}

export type Verb = keyof BrowserVerbs;

/** Functions of the thread that drives a browser. */
export interface DriverFunctions {
  /** Resolves, with the version of the browser, once it answers. */
  connect(options: { downloads: string; timeout: number }): Promise<string>;
  /** Bytes from the browser. Resolves when they are taken in. */
  receive(chunk: Uint8Array): void;
  /** Opens a context without a page that was asked for. */
  open(options: ContextName & { proxy: string; folder: string }): Promise<void>;
  run(call: ContextName & { verb: Verb; input: unknown }): Promise<BrowserAnswer>;
  /** Ends what the current page is loading. */
  stopLoading(context: ContextName): Promise<void>;
  /** Waits a little for what is being downloaded, so that the answer can name it. */
  arrived(context: ContextName): Promise<void>;
  close(context: ContextName): Promise<void>;
}

/** The server and the workspace, as the pages of one conversation need them. */
export interface ContextHost {
  /** Keeps a line for the next answer. */
  note(line: string): void;
  /** Brings a file of this machine into the workspace, under a name that a page has chosen, and removes it here. */
  bring(download: { source: string; name: string }): Promise<void>;
  /** Copies files of the workspace to this machine. Resolves to their paths. */
  upload(paths: string): Promise<string[]>;
  /** Makes a folder in the workspace for a recording. Resolves to its path. */
  recordingFolder(): Promise<string>;
  writeRecording(file: { path: string; text: string }): Promise<void>;
  /** The reason, in words after its name, for which a host could not be reached last. */
  failureOf(hostname: string): Promise<string | undefined>;
}

type HostCall = { [Name in keyof ContextHost]: Parameters<ContextHost[Name]>[0] };

/** Functions of the server for the thread that drives a browser. */
export interface ServerFunctions {
  /** A message for the browser, with the zero byte at its end. */
  send(text: string): void;
  /** The browser has gone. */
  disconnected(nothing: null): void;
  host<Name extends keyof ContextHost>(
    call: ContextName & { name: Name; input: HostCall[Name] },
  ): ReturnType<ContextHost[Name]>;
}
