import type { z } from "zod";
import type { Principal } from "../../principal.ts";
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
  /** Whose pages may connect. Default: those of the CORS options. */
  cors?: CorsPolicy;
}

export interface SocketInput<S extends SocketSpec> {
  params: Parsed<S["params"]>;
  query: Parsed<S["query"]>;
  request: Request;
  principal: Principal | null;
}

export interface SocketRoute {
  spec: SocketSpec;
  connect(input: { params: unknown; query: unknown; request: Request; principal: Principal | null }): Connect;
}

/** Declares a socket. The core checks credentials first: the handler gets the socket of an admitted peer. */
export function socketRoute<const S extends SocketSpec>(spec: S) {
  return {
    handle(handler: (input: SocketInput<S>) => Connect): SocketRoute {
      return { spec, connect: (input) => handler(input as SocketInput<S>) };
    },
  };
}
