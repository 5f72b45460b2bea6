/** A claim on a conversation, under which it is written. */
export interface Claimed {
  fence: number;
  /** Gives the claim back. Never rejects. */
  release(): Promise<void>;
}
