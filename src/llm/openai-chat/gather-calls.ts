import { asObject } from "../../is-object.ts";
import type { MessageToolCall } from "../../wire/events/message.ts";
import type { CallPiece } from "./chat-reply-schema.ts";
import { JsonProgress } from "./json-progress.ts";

interface GatheredCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
  progress: JsonProgress;
}

/** Joins the tool calls of a reply from their pieces. Takes time linear in the pieces. */
export class CallGatherer {
  readonly #calls: GatheredCall[] = [];
  readonly #byId = new Map<string, GatheredCall>();
  readonly #byIndex = new Map<number, GatheredCall>();
  #signature: string | undefined;

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  /** Whether no call is cut off in its arguments. A call without arguments is complete. */
  get areComplete(): boolean {
    return this.#calls.every((call) => call.arguments.trim() === "" || call.progress.isComplete);
  }

  /** Gemini's signature of the calls; undefined from other providers. */
  get signature(): string | undefined {
    return this.#signature;
  }

  add(piece: CallPiece): void {
    this.#addTo(this.#continuedBy(piece) ?? this.#begin(), piece);
  }

  /** Adds a call of a reply that is not streamed. */
  addWhole(call: CallPiece): void {
    if (call.function) this.#addTo(this.#begin(), call);
  }

  toToolCalls(): MessageToolCall[] {
    return this.#calls.map((call) => ({
      id: call.id,
      responses_item_id: null,
      name: call.name,
      // Some models write nothing for a call without arguments.
      arguments: call.arguments || "{}",
      origin: "completion",
    }));
  }

  #begin(): GatheredCall {
    const call = { id: "", name: "", arguments: "", progress: new JsonProgress() };
    this.#calls.push(call);
    return call;
  }

  #addTo(call: GatheredCall, piece: CallPiece): void {
    call.id ||= piece.id ?? "";
    call.name ||= piece.function?.name ?? "";
    const text = argumentsText(piece.function?.arguments);
    call.arguments += text;
    call.progress.add(text);
    this.#signature ??= signatureOf(piece);
    if (call.id !== "") this.#byId.set(call.id, call);
    if (typeof piece.index === "number") this.#byIndex.set(piece.index, call);
  }

  /**
   * Finds the call that a piece continues. The protocol says by index, but some servers leave the index out, some give
   * every call index 0, and some send ids with the first piece only, a new id with each piece, or no ids. So a name
   * marks the start of another call, unless the call of that name is still incomplete.
   */
  #continuedBy({ id, index, function: named }: CallPiece): GatheredCall | undefined {
    const sameId = id ? this.#byId.get(id) : undefined;
    if (sameId !== undefined) return sameId;
    const current = typeof index === "number" ? this.#byIndex.get(index) : this.#calls.at(-1);
    const name = named?.name;
    if (current === undefined || !name || current.name === "") return current;
    const isRepeated = (!id || current.id === "") && current.name === name && !current.progress.isComplete;
    return isRepeated ? current : undefined;
  }
}

/** The arguments as JSON text; some servers send the object itself. */
function argumentsText(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function signatureOf({ extra_content }: CallPiece): string | undefined {
  const signature = asObject(asObject(extra_content).google).thought_signature;
  return typeof signature === "string" && signature !== "" ? signature : undefined;
}
