import { call, finish, type Scenario } from "../../scenario.ts";
import type { Step } from "../../scripted-model.ts";

const TERMINAL = { name: "terminal", params: { terminal_type: "subprocess" } };

const navigate = (url: string, more: object = {}) => call("browser_navigate", { url, ...more });
const scroll = (direction?: string) => call("browser_scroll", { direction });
const state = (more: object = {}) => call("browser_get_state", more);
const content = (more: object = {}) => call("browser_get_content", more);
const back = call("browser_go_back", {});
const tabs = call("browser_list_tabs", {});
const storage = call("browser_get_storage", {});

/** Plays with the browser. `page` is the address of the pages without a slash at its end. */
export function browserScenarios({ pagesUrl: page }: { pagesUrl: string }): Scenario[] {
  const browsing = (name: string, steps: readonly Step[], more: Partial<Scenario> = {}): Scenario => ({
    name: `browser: ${name}`,
    // The reference has one browser for all conversations, and the first that ends closes it.
    alone: true,
    script: [...steps, finish],
    agent: { tools: [TERMINAL, { name: "browser_tool_set" }] },
    ...more,
  });
  return [
    browsing("its tools, and what the model is asked with", [], { prompts: ["BROWSER_TOOLS"] }),
    browsing("pages opened and read", [
      navigate(`${page}/first`),
      content(),
      content({ extract_links: true }),
      navigate(`${page}/long`),
      content({ start_from_char: 200 }),
      navigate(`${page}/nowhere`),
    ]),
    browsing("the state of a page", [
      navigate(`${page}/first`),
      state(),
      state({ include_screenshot: false }),
    ]),
    browsing("elements that are not there", [
      navigate(`${page}/first`),
      call("browser_click", { index: 98_765 }),
      call("browser_click", { index: 98_765, new_tab: true }),
      call("browser_type", { index: 98_765, text: "word" }),
    ]),
    browsing("a page scrolled", [navigate(`${page}/long`), scroll("down"), scroll("up"), scroll()]),
    browsing("the way back", [navigate(`${page}/first`), navigate(`${page}/second`), back, content()]),
    browsing("tabs", [
      navigate(`${page}/first`),
      navigate(`${page}/second`, { new_tab: true }),
      tabs,
      call("browser_switch_tab", { tab_id: "none" }),
      call("browser_close_tab", { tab_id: "none" }),
    ]),
    browsing("what sites store", [
      navigate(`${page}/stores`),
      storage,
      call("browser_set_storage", {
        storage_state: {
          cookies: [{ name: "taste", value: "sour", domain: "127.0.0.1", path: "/" }],
          origins: [{ origin: new URL(page).origin, localStorage: [{ name: "colour", value: "red" }] }],
        },
      }),
      storage,
    ]),
    browsing("a recording", [
      call("browser_stop_recording", {}),
      navigate(`${page}/first`),
      call("browser_start_recording", {}),
      call("browser_start_recording", {}),
      navigate(`${page}/second`),
      call("browser_stop_recording", {}),
    ]),
    browsing("calls that are not valid", [
      call("browser_navigate", {}),
      call("browser_click", { index: -1 }),
      call("browser_click", { index: "one" }),
      scroll("sideways"),
      call("browser_get_content", { start_from_char: -1 }),
      call("browser_type", { index: 1 }),
      call("browser_set_storage", { storage_state: "none" }),
      call("browser_switch_tab", {}),
    ]),
    browsing(
      "hosts that the agent's settings allow",
      [navigate(`${page}/first`), navigate("http://localhost:8/")],
      {
        agent: { tools: [{ name: "browser_tool_set", params: { allowed_domains: ["127.0.0.1"] } }] },
      },
    ),
  ];
}
