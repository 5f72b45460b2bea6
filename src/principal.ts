/** The user or program on whose behalf a request is made, as `authenticate` names it. */
export interface Principal {
  /** Stable and not empty, for example a user id. Stored with the conversations that this principal creates. */
  readonly id: string;
  /** Permissions in the host's terms. The server does not interpret them. Default: none. */
  readonly scopes?: readonly string[];
}
