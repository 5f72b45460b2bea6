import { z } from "zod";
import { nullable } from "../../nullable.ts";
import { actionOf, observationOf } from "./of-kind.ts";

/** Calls of the browser tools. */
export function browserActions() {
  const index = z.int().min(0).describe("Number of the element in the state of the page");
  return [
    actionOf("BrowserNavigateAction", { url: z.string(), new_tab: z.boolean().default(false) }),
    actionOf("BrowserClickAction", { index, new_tab: z.boolean().default(false) }),
    actionOf("BrowserTypeAction", { index, text: z.string() }),
    actionOf("BrowserScrollAction", { direction: z.enum(["up", "down"]).default("down") }),
    actionOf("BrowserGetStateAction", { include_screenshot: z.boolean().default(false) }),
    actionOf("BrowserGetContentAction", {
      extract_links: z.boolean().default(false),
      start_from_char: z.int().min(0).default(0),
    }),
    actionOf("BrowserSwitchTabAction", { tab_id: z.string() }),
    actionOf("BrowserCloseTabAction", { tab_id: z.string() }),
    actionOf("BrowserSetStorageAction", { storage_state: z.record(z.string(), z.unknown()) }),
    actionOf("BrowserGoBackAction", {}),
    actionOf("BrowserListTabsAction", {}),
    actionOf("BrowserGetStorageAction", {}),
    actionOf("BrowserStartRecordingAction", {}),
    actionOf("BrowserStopRecordingAction", {}),
    actionOf("BrowserAction", {}),
  ] as const;
}

/** Results of the browser tools. */
export function browserObservations() {
  return [
    observationOf("BrowserObservation", {
      screenshot_data: nullable(z.string()).describe("Base64"),
      full_output_save_dir: nullable(z.string()),
    }),
  ] as const;
}
