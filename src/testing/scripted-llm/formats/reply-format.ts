import { chunksOf, type ReplyPart } from "../llm-script.ts";

export interface NumberedReply {
  /** Number of the reply, counted from 0. Ids contain it. */
  number: number;
  model: string;
  parts: readonly ReplyPart[];
  /** Leaves out the end of the stream. */
  isCut?: boolean;
}

/** A server-sent event. */
export interface Frame {
  event?: string;
  data: unknown;
}

/** The form in which a provider writes a reply, whole and streamed. */
export interface ReplyFormat {
  /** The end of the provider's path. */
  path: string;
  whole(reply: NumberedReply): unknown;
  frames(reply: NumberedReply): Iterable<Frame>;
}

type Written = "text" | "reasoning";

/** Joins what a reply says, or thinks. */
export function textOf(parts: readonly ReplyPart[], type: Written): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

/** Splits it into the pieces in which it is streamed. */
export function chunksIn(parts: readonly ReplyPart[], type: Written): string[] {
  return parts.flatMap((part) => (part.type === type ? chunksOf(part.text, part.chunkSize) : []));
}

/** The calls of a reply, each with an id. */
export function callsOf({ parts, number }: NumberedReply) {
  return parts
    .filter((part) => part.type === "call")
    .map((part, index) => ({ ...part, index, id: part.id ?? `call_${number}_${index}` }));
}

/** Splits JSON text in two, so that readers have to join the halves. */
export function halves(json: string): string[] {
  const middle = Math.ceil(json.length / 2);
  return [json.slice(0, middle), json.slice(middle)].filter((half) => half !== "");
}
