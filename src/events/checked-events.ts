/** Number of conversations that are remembered. One more, and the first is forgotten. */
const MAX_CONVERSATIONS = 256;
/** Places of one conversation that are remembered, in 32 KiB. Later events count as not checked. */
const MAX_PLACES = 262_144;

/** The places of events that have been checked, one bit each. Stored events never change. */
export class CheckedEvents {
  readonly #bits = new Map<string, Uint8Array>();

  has(conversationId: string, seq: number): boolean {
    const bits = this.#bits.get(conversationId);
    return isPlace(seq) && ((bits?.[seq >> 3] ?? 0) & (1 << (seq & 7))) !== 0;
  }

  add(conversationId: string, seq: number): void {
    if (!isPlace(seq)) return;
    const bits = this.#bitsFor(conversationId, seq);
    bits[seq >> 3] = (bits[seq >> 3] ?? 0) | (1 << (seq & 7));
  }

  /** Drops what is known of a conversation. One that is made later under its id has other events. */
  forget(conversationId: string): void {
    this.#bits.delete(conversationId);
  }

  #bitsFor(conversationId: string, seq: number): Uint8Array {
    const bits = this.#bits.get(conversationId);
    if (bits !== undefined && seq >> 3 < bits.length) return bits;
    const grown = new Uint8Array(Math.min(2 * ((seq >> 3) + 16), MAX_PLACES / 8));
    grown.set(bits ?? []);
    const [oldest] = this.#bits.keys();
    if (bits === undefined && oldest !== undefined && this.#bits.size === MAX_CONVERSATIONS)
      this.#bits.delete(oldest);
    this.#bits.set(conversationId, grown);
    return grown;
  }
}

function isPlace(seq: number): boolean {
  return Number.isInteger(seq) && seq >= 0 && seq < MAX_PLACES;
}
