/** A text for the thread that matches. */
export interface MatchRequest {
  id: number;
  /** Whole lines in UTF-8. */
  text: Uint8Array;
}

/** The answer of the thread to the request with the same id. */
export interface MatchReply {
  id: number;
  isMatch: boolean;
}
