/** Who a request speaks for, as the host's own check names them. */
export interface Principal {
  /** Stable and never empty, for example a user id. Stored with what this principal creates. */
  readonly id: string;
  /** What the principal may do, in the host's own words. The server itself looks at none of them. */
  readonly scopes?: readonly string[];
}
