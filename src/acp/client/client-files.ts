import type {
  ReadTextFileRequest,
  ReadTextFileResponse,
  WriteTextFileRequest,
  WriteTextFileResponse,
} from "@agentclientprotocol/sdk";
import { type Place, placeWithin, resolvePath } from "../../workspace/place.ts";
import type { Workspace } from "../../workspace/workspace.ts";
import { MAX_FILE_BYTES } from "../limits.ts";

/** The files of the working directory, for a program that leaves reading and writing to us. */
export class ClientFiles {
  readonly #workspace: Workspace;
  #opening: Promise<Place> | undefined;

  constructor(workspace: Workspace) {
    this.#workspace = workspace;
  }

  /** Reads a text, or `limit` lines of it from `line` on, which counts from 1. */
  async read({ path, line, limit }: ReadTextFileRequest): Promise<ReadTextFileResponse> {
    const { place, resolved } = await this.#resolve(path);
    const bytes = await place.workspace.files.read(resolved, { maxBytes: MAX_FILE_BYTES });
    const text = new TextDecoder().decode(bytes);
    if (line == null && limit == null) return { content: text };
    const first = Math.max((line ?? 1) - 1, 0);
    const lines = text.split("\n").slice(first, limit == null ? undefined : first + limit);
    return { content: lines.join("\n") };
  }

  /** Writes a text in place of the file, with the folders above it. */
  async write({ path, content }: WriteTextFileRequest): Promise<WriteTextFileResponse> {
    const { place, resolved } = await this.#resolve(path);
    await place.workspace.files.write(resolved, content);
    return {};
  }

  async #resolve(path: string): Promise<{ place: Place; resolved: string }> {
    this.#opening ??= placeWithin(this.#workspace, this.#workspace.info.workingDir);
    const place = await this.#opening;
    const resolved = await resolvePath(place, path);
    switch (resolved.outcome) {
      case "resolved":
        return { place, resolved: resolved.path };
      case "relative":
        throw new Error(`path: ${path} is not absolute`);
      case "outside":
        throw new Error(`path: ${path} lies outside of the working directory ${place.root}`);
    }
  }
}
