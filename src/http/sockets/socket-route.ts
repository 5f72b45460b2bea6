import type { z } from "zod";
import type { Principal } from "../../principal.ts";
import type { Caller } from "../access/caller.ts";
import type { RouteAccess } from "../access/route-access.ts";
import type { CorsPolicy } from "../cors.ts";
import type { Parsed } from "../route/route.ts";
import type { Connect } from "../socket.ts";

export interface SocketSpec {
  path: string;
  id: string;
  summary: string;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** `open`: the handler checks credentials and origins, and throws to refuse. Default: a key is required. */
  auth?: "open";
  /** The scope that it needs of its caller, and the things that it touches. Default: `admin`; of an `open` socket, `open`. */
  access?: RouteAccess;
  /** Whose pages may connect. Default: those of the CORS options. */
  cors?: CorsPolicy;
}

export interface SocketInput<S extends SocketSpec> {
  params: Parsed<S["params"]>;
  query: Parsed<S["query"]>;
  request: Request;
  principal: Principal | null;
  /** Who connects, with what it may do. An open socket is connected by the operator. */
  caller: Caller;
}

export interface SocketRoute {
  spec: SocketSpec;
  connect(input: {
    params: unknown;
    query: unknown;
    request: Request;
    principal: Principal | null;
    caller: Caller;
  }): Connect;
}

/** Declares a socket. The core checks credentials first: the handler gets the socket of an admitted peer. */
export function socketRoute<const S extends SocketSpec>(spec: S) {
  return {
    handle(handler: (input: SocketInput<S>) => Connect): SocketRoute {
      return { spec, connect: (input) => handler(input as SocketInput<S>) };
    },
  };
}

/** Returns the access that a socket declares; without one it needs everything. */
export function accessOfSocket({ access, auth }: Pick<SocketSpec, "access" | "auth">): RouteAccess {
  return access ?? (auth === "open" ? "open" : "admin");
}
