import { text } from "../../wire/events/message.ts";
import type { Observation } from "../../wire/events/observations.ts";
import { joinPath } from "../../workspace/paths.ts";
import { SpillFile } from "../../workspace/spill-file.ts";
import type { ToolHost } from "../tool.ts";
import type { BrowserAnswer } from "./browser-session.ts";

/** Maximum number of characters of one observation. */
const MAX_TEXT = 50_000;
/** Characters of a longer text that are shown at either end. The notice between them takes the rest. */
const SHOWN = 24_700;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Makes observations of answers: secrets hidden, long texts and pictures kept as files in the workspace. */
export class BrowserOutput {
  readonly #host: ToolHost;
  readonly #directory: string;

  constructor(host: ToolHost) {
    this.#host = host;
    this.#directory = joinPath(host.workspace.info.dataDir, "observations");
  }

  async toObservation({ text: raw, isError = false, screenshot }: BrowserAnswer): Promise<Observation> {
    const mask = await this.#host.secrets.mask();
    const shown = await this.#bounded(await mask.maskLong(raw));
    const saved = screenshot === undefined ? null : await this.#savePicture(screenshot);
    return {
      content: [text(shown), ...(saved === null ? [] : [text(`Screenshot saved to: ${saved}`)])],
      is_error: isError,
      screenshot_data: screenshot ?? null,
      full_output_save_dir: this.#directory,
      kind: "BrowserObservation",
    } as Observation;
  }

  async #bounded(long: string): Promise<string> {
    if (long.length <= MAX_TEXT) return long;
    const spill = new SpillFile({
      files: this.#host.workspace.files,
      directory: this.#directory,
      maxBytes: MAX_FILE_BYTES,
    });
    spill.write(long);
    const path = await spill.finish("browser_output_");
    const where = path === null ? "" : ` The whole text is in ${path}.`;
    const notice = `\n[… The middle of this text, ${long.length} characters in all, is left out.${where} …]\n`;
    return (long.slice(0, SHOWN) + notice + long.slice(-SHOWN)).toWellFormed();
  }

  /** The path of the picture; null where it could not be written, which costs the file alone. */
  async #savePicture(base64: string): Promise<string | null> {
    const { files } = this.#host.workspace;
    const path = joinPath(
      this.#directory,
      `browser_screenshot_${await shortHash(base64)}.${endingOf(base64)}`,
    );
    try {
      if ((await files.stat(path)) === null) {
        await files.makeFolder(this.#directory, { mode: 0o700 });
        await files.write(path, Buffer.from(base64, "base64"), { mode: 0o600 });
      }
      return path;
    } catch {
      return null;
    }
  }
}

/** The first 8 digits of the SHA-256 of a text. */
async function shortHash(long: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(long));
  return Buffer.from(hash).toString("hex").slice(0, 8);
}

function endingOf(base64: string): "jpg" | "png" {
  return base64.startsWith("/9j/") ? "jpg" : "png";
}
