import { z } from "zod";
import type { ToolAnnotations } from "../../wire/agent/tool-definition.ts";
import type { Tool, ToolHost } from "../tool.ts";
import { browserParams } from "./browser-params.ts";
import type { BrowserAnswer, BrowserVerbs, OpenBrowserSession } from "./browser-session.ts";
import { fieldDescriptions as about, descriptions, GUIDANCE } from "./descriptions.ts";
import { BrowserOutput } from "./output.ts";

interface BrowserToolSource<Schema extends z.ZodObject> {
  /** Name after `browser_`. */
  name: string;
  description: string;
  input: Schema;
  hints: Omit<ToolAnnotations, "title">;
  act(verbs: BrowserVerbs, input: z.output<Schema>): Promise<BrowserAnswer>;
}

const ACTS_ON_PAGES = {
  readOnlyHint: false,
  destructiveHint: false,
  idempotentHint: false,
  openWorldHint: true,
};
const READS_PAGES = { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true };
const READS_BROWSER = { ...READS_PAGES, openWorldHint: false };
const CHANGES_BROWSER = { ...ACTS_ON_PAGES, openWorldHint: false };
const DESTROYS = { ...CHANGES_BROWSER, destructiveHint: true };

/** Makes the tools of `browser_tool_set`, in the order the model sees them. */
export function browserTools(openSession: OpenBrowserSession): readonly Tool[] {
  const tool = <Schema extends z.ZodObject>(source: BrowserToolSource<Schema>) =>
    browserTool(source, openSession);
  const nothing = () => z.object({});
  return [
    tool({
      name: "navigate",
      description: descriptions.navigate,
      input: z.object({
        url: z.string().describe(about.url),
        new_tab: z.boolean().default(false).describe(about.navigateNewTab),
      }),
      hints: ACTS_ON_PAGES,
      act: (verbs, { url, new_tab: newTab }) => verbs.navigate({ url, newTab }),
    }),
    tool({
      name: "click",
      description: descriptions.click,
      input: z.object({
        index: z.int().min(0).describe(about.index),
        new_tab: z.boolean().default(false).describe(about.clickNewTab),
      }),
      hints: ACTS_ON_PAGES,
      act: (verbs, { index, new_tab: newTab }) => verbs.click({ index, newTab }),
    }),
    tool({
      name: "get_state",
      description: descriptions.state,
      input: z.object({ include_screenshot: z.boolean().default(false).describe(about.withScreenshot) }),
      hints: READS_PAGES,
      act: (verbs, { include_screenshot: withScreenshot }) => verbs.state({ withScreenshot }),
    }),
    tool({
      name: "get_content",
      description: descriptions.content,
      input: z.object({
        extract_links: z.boolean().default(false).describe(about.withLinks),
        start_from_char: z.int().min(0).default(0).describe(about.start),
      }),
      hints: READS_PAGES,
      act: (verbs, { extract_links: withLinks, start_from_char: start }) =>
        verbs.content({ withLinks, start }),
    }),
    tool({
      name: "type",
      description: descriptions.type,
      input: z.object({
        index: z.int().min(0).describe(about.index),
        text: z.string().describe(about.text),
      }),
      hints: ACTS_ON_PAGES,
      act: (verbs, input) => verbs.type(input),
    }),
    tool({
      name: "scroll",
      description: descriptions.scroll,
      input: z.object({ direction: z.enum(["up", "down"]).default("down").describe(about.direction) }),
      hints: ACTS_ON_PAGES,
      act: (verbs, { direction }) => verbs.scroll(direction),
    }),
    tool({
      name: "go_back",
      description: descriptions.goBack,
      input: nothing(),
      hints: ACTS_ON_PAGES,
      act: (verbs) => verbs.goBack(),
    }),
    tool({
      name: "list_tabs",
      description: descriptions.listTabs,
      input: nothing(),
      hints: READS_BROWSER,
      act: (verbs) => verbs.listTabs(),
    }),
    tool({
      name: "switch_tab",
      description: descriptions.switchTab,
      input: z.object({ tab_id: z.string().describe(about.switchTo) }),
      hints: CHANGES_BROWSER,
      act: (verbs, { tab_id: id }) => verbs.switchTab(id),
    }),
    tool({
      name: "close_tab",
      description: descriptions.closeTab,
      input: z.object({ tab_id: z.string().describe(about.close) }),
      hints: DESTROYS,
      act: (verbs, { tab_id: id }) => verbs.closeTab(id),
    }),
    tool({
      name: "get_storage",
      description: descriptions.storage,
      input: nothing(),
      hints: READS_BROWSER,
      act: (verbs) => verbs.storage(),
    }),
    tool({
      name: "set_storage",
      description: descriptions.setStorage,
      input: z.object({ storage_state: z.record(z.string(), z.unknown()).describe(about.storageState) }),
      hints: DESTROYS,
      act: (verbs, { storage_state: state }) => verbs.setStorage(state),
    }),
    tool({
      name: "start_recording",
      description: descriptions.startRecording,
      input: nothing(),
      hints: CHANGES_BROWSER,
      act: (verbs) => verbs.startRecording(),
    }),
    tool({
      name: "stop_recording",
      description: descriptions.stopRecording,
      input: nothing(),
      hints: CHANGES_BROWSER,
      act: (verbs) => verbs.stopRecording(),
    }),
  ];
}

function browserTool<Schema extends z.ZodObject>(
  { name, description, input, hints, act }: BrowserToolSource<Schema>,
  openSession: OpenBrowserSession,
): Tool {
  const className = `Browser${name
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("")}`;
  return {
    name: `browser_${name}`,
    description,
    input,
    params: browserParams(),
    annotations: { title: `browser_${name}`, ...hints },
    guidance: GUIDANCE,
    wire: { tool: `${className}Tool`, action: `${className}Action`, observation: "BrowserObservation" },
    // One browser for the conversation: its calls run one after the other, also those of different tools.
    resources: () => ["browser:session"],
    async open(host: ToolHost) {
      const session = await openSession(host);
      const output = new BrowserOutput(host);
      return {
        run: async (args, { signal }) =>
          output.toObservation(await session.use((verbs) => act(verbs, args as z.output<Schema>), signal)),
        close: () => session.release(),
      };
    },
  };
}
