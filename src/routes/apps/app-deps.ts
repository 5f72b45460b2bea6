import type { AppBackends } from "../../extensions/app-backends/app-backends.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import type { AppSessions } from "./app-sessions.ts";
import type { Ingress } from "./ingress.ts";
import type { IngressOrigin } from "./ingress-origin.ts";

/** Extensions of Agent Canvas, their back ends, and the browsers that use them. */
export interface AppDeps {
  /** The machine on which they lie. */
  place(): Promise<ExtensionPlace>;
  /** Loaded when it is first asked. */
  backends(): Promise<AppBackends>;
  sessions: AppSessions;
  origin: IngressOrigin;
  ingress: Ingress;
}
