import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, onTestFinished, vi } from "vitest";
import { Browsers, type BrowsersOptions } from "../../src/browser/browsers.ts";
import { findChromium } from "../../src/browser/chromium/find-chromium.ts";
import { silentLogger } from "../../src/logger.ts";
import { browserTools } from "../../src/tools/browser/browser-tools.ts";
import type { ToolExecutor, ToolHost } from "../../src/tools/tool.ts";
import { childEnvironment } from "../../src/workspace/local/child-environment.ts";
import type { WorkspaceInfo } from "../../src/workspace/workspace.ts";
import { callContext, type TestHostOptions, toolHost } from "../tools/tool-host.ts";

const program = findChromium({ program: null, environment: process.env });

/** Whether these tests cannot run. A line on stderr says so. */
export const NO_BROWSER = program === null;
if (NO_BROWSER) {
  process.stderr.write(
    "\n!!! The browser of agents is NOT tested: no Chromium (apt-get install chromium)\n\n",
  );
}

// A browser takes seconds to start, and on a busy machine many.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** The options of browsers in tests. */
export function testBrowsers(options: Partial<BrowsersOptions> = {}): Browsers {
  return new Browsers({
    program: program ?? "",
    sandbox: process.geteuid?.() !== 0,
    env: childEnvironment(process.env),
    allowsPrivate: true,
    upstream: null,
    logger: silentLogger,
    now: () => Date.now(),
    ...options,
  });
}

/** An observation of a browser tool. */
export interface Seen {
  text: string;
  isError: boolean;
  screenshot: string | null;
}

export interface ElementSeen {
  index: number;
  tag: string;
  text: string;
  [field: string]: unknown;
}

/** The browser tools of one conversation. */
export interface TestConversation {
  call(tool: string, args?: Record<string, unknown>, signal?: AbortSignal): Promise<Seen>;
  /** The elements of the current page. */
  elements(): Promise<ElementSeen[]>;
  /** The number of the element that has such a field, as the state of the page shows it. */
  find(field: string, value: unknown): Promise<number>;
  close(): Promise<void>;
  host: ToolHost;
}

export interface ConversationOptions extends TestHostOptions {
  network?: WorkspaceInfo["network"];
}

let conversations = 0;

/** Opens the browser tools of a new conversation, which ends with the test. */
export async function openConversation(
  browsers: Browsers,
  { network, ...options }: ConversationOptions = {},
): Promise<TestConversation> {
  conversations += 1;
  const conversationId = `conversation-${conversations}`;
  const base = await toolHost(options);
  const workspace =
    network === undefined
      ? base.workspace
      : Object.create(base.workspace, { info: { value: { ...base.workspace.info, network } } });
  const host = { ...base, workspace, conversationId };
  const tools = new Map(browserTools((of) => browsers.open(of)).map((tool) => [tool.name, tool]));
  const open = new Map<string, ToolExecutor<unknown>>();
  const close = async () => {
    for (const executor of open.values()) await executor.close?.();
    open.clear();
  };
  onTestFinished(close);
  const call: TestConversation["call"] = async (name, args = {}, signal) => {
    const tool = tools.get(`browser_${name}`);
    if (tool === undefined) throw new Error(`There is no tool browser_${name}`);
    const executor = open.get(name) ?? (await tool.open(host));
    open.set(name, executor);
    const observation = await executor.run(tool.input.parse(args), callContext(signal));
    return {
      text: observation.content.map((part) => (part.type === "text" ? part.text : "")).join("\n"),
      isError: observation.is_error,
      screenshot: (observation as { screenshot_data?: string | null }).screenshot_data ?? null,
    };
  };
  const elements = async () => {
    const { text } = await call("get_state");
    return (JSON.parse(text.split("\n\n[")[0] ?? "") as { interactive_elements: ElementSeen[] })
      .interactive_elements;
  };
  return {
    call,
    elements,
    find: async (field, value) => {
      const all = await elements();
      const found = all.find((element) => element[field] === value);
      if (found === undefined) throw new Error(`No element with ${field} ${value} in ${JSON.stringify(all)}`);
      return found.index;
    },
    close,
    host,
  };
}

/** One browser for the tests of a file. */
export function browsersOfFile(options: Partial<BrowsersOptions> = {}): () => Browsers {
  let browsers: Browsers;
  beforeAll(() => {
    browsers = testBrowsers(options);
  });
  afterAll(() => browsers.close());
  return () => browsers;
}

type Page = string | ((request: IncomingMessage, response: ServerResponse) => void);

export interface Site {
  /** Without a slash at its end. */
  url: string;
  port: number;
  /** Paths that were asked for. */
  requests: string[];
}

/** A website on this machine, until the test ends: HTML by path. */
export async function site(pages: Record<string, Page>): Promise<Site> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    requests.push(request.url ?? "");
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (typeof page === "function") return page(request, response);
    response.writeHead(page === undefined ? 404 : 200, { "content-type": "text/html; charset=utf-8" });
    response.end(page ?? "<title>Nothing here</title>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${port}`, port, requests };
}
