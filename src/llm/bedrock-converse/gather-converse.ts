import type { z } from "zod";
import type { LlmDelta } from "../llm.ts";
import type { BlockDelta, blockStart, ConverseBlock } from "./converse-schema.ts";

/** Joins the content blocks of a streamed reply from their pieces. */
export class ConverseBlocks {
  readonly #blocks = new Map<number, ConverseBlock>();

  begin({ contentBlockIndex: index, start }: z.output<typeof blockStart>): void {
    this.#blocks.set(index, start?.toolUse ? { toolUse: { ...start.toolUse, input: "" } } : {});
  }

  /** Adds a piece and returns its delta; null for a piece without text. Blocks of text begin with their first piece. */
  add({ contentBlockIndex: index, delta }: BlockDelta): LlmDelta | null {
    const block = this.#blocks.get(index) ?? {};
    this.#blocks.set(index, block);
    if (delta.text) {
      block.text = (block.text ?? "") + delta.text;
      return { content: delta.text };
    }
    if (delta.toolUse && block.toolUse) {
      block.toolUse.input = `${block.toolUse.input}${delta.toolUse.input ?? ""}`;
    }
    return delta.reasoningContent ? this.#think(block, delta.reasoningContent) : null;
  }

  /** The blocks in the order of their start. The input of a call is JSON text. */
  toBlocks(): ConverseBlock[] {
    return [...this.#blocks.values()];
  }

  #think(block: ConverseBlock, piece: NonNullable<BlockDelta["delta"]["reasoningContent"]>): LlmDelta | null {
    if (piece.redactedContent) {
      const before = block.reasoningContent?.redactedContent ?? "";
      block.reasoningContent = { redactedContent: before + piece.redactedContent };
      return null;
    }
    const { text = "", signature = "" } = block.reasoningContent?.reasoningText ?? {};
    const reasoningText = {
      text: text + (piece.text ?? ""),
      signature: (signature ?? "") + (piece.signature ?? ""),
    };
    block.reasoningContent = { reasoningText };
    return piece.text ? { reasoning_content: piece.text } : null;
  }
}
