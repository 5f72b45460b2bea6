import type { z } from "zod";
import type { LlmDelta } from "../llm.ts";
import type { blockEvent, deltaEvent } from "./anthropic-reply-schema.ts";

type Block = z.output<typeof blockEvent>["content_block"];

/** Joins the content blocks of a streamed reply from their pieces. */
export class BlockGatherer {
  readonly #blocks = new Map<number, Block>();
  /** JSON text of tool inputs, by block. */
  readonly #inputs = new Map<number, string>();

  begin({ index, content_block }: z.output<typeof blockEvent>): void {
    this.#blocks.set(index, content_block);
  }

  /** Adds a piece and returns its delta; null for a piece without text. */
  add({ index, delta }: z.output<typeof deltaEvent>): LlmDelta | null {
    switch (delta.type) {
      case "text_delta":
        return { content: this.#append(index, "text", delta.text) };
      case "thinking_delta":
        return { reasoning_content: this.#append(index, "thinking", delta.thinking) };
      case "signature_delta":
        this.#append(index, "signature", delta.signature);
        return null;
      case "input_json_delta":
        this.#inputs.set(index, (this.#inputs.get(index) ?? "") + (delta.partial_json ?? ""));
        return null;
      default:
        return null;
    }
  }

  /** The blocks in the order of their start. The input of a streamed call is JSON text. */
  toBlocks(): Block[] {
    return [...this.#blocks].map(([index, block]) => {
      const input = this.#inputs.get(index);
      return input ? { ...block, input } : block;
    });
  }

  #append(index: number, field: "text" | "thinking" | "signature", piece: string | null | undefined): string {
    const block = this.#blocks.get(index);
    if (block !== undefined) block[field] = `${block[field] ?? ""}${piece ?? ""}`;
    return piece ?? "";
  }
}
