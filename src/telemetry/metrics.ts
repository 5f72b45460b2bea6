import type { Observer } from "../observing/observer.ts";

/** Measures a server and tells its figures, as `prometheus` of `agent-server/prometheus` does. */
export type Metrics = Observer & {
  /** Where the figures are served. */
  readonly place: MetricsPlace;
  /** Media type of `text`. */
  readonly contentType: string;
  /** Returns all figures as they are now. */
  text(): Promise<string>;
};

/**
 * The place at which figures are served: the route `GET /metrics` of the server, for its keys or for everyone, or a
 * port that serves nothing else and asks for no key.
 */
export type MetricsPlace =
  | { readonly kind: "route"; readonly access: "key" | "open" }
  | { readonly kind: "port"; readonly port: number; readonly host: string };
