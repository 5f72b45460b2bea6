import type { z } from "zod";
import type { AgentServerError } from "../../errors.ts";
import { once } from "../../once.ts";
import type { Principal } from "../../principal.ts";
import type { Caller } from "../access/caller.ts";
import type { RouteAccess } from "../access/route-access.ts";
import type { Upload, UploadSpec } from "../content/upload.ts";
import type { ResponseSpec, RouteOutcome, RouteResult } from "./outcome.ts";

type Method = "GET" | "HEAD" | "OPTIONS" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Credentials that admit a request:
 * - `key`: the header `X-Session-API-Key`
 * - `bearer`: the header `Authorization: Bearer`
 * - `cookie`: the session cookie. Browsers attach it to requests of any page, so requests that change something must
 *   come from an allowed origin too.
 */
export type Credential = "key" | "bearer" | "cookie";

/** `open` requires nothing; of several credentials any one is enough. */
export type RouteAuth = "open" | Credential | readonly Credential[];

/**
 * The server that must answer a request, where several share a store. `owner`: the one that has the conversation of the
 * request in memory; if none has, the one that takes it into memory for the request. `holder`: the one that holds a
 * claim on another id, such as that of a command; if none does, any. `every`: all of them, since each keeps in
 * memory what the request is about; the answer is that of the one that was asked.
 */
export type RunsOn = "owner" | "holder" | "every";

/** A route is data: the router, the validator and the OpenAPI document all read this. */
export interface RouteSpec {
  method: Method;
  /** Template with parameters in braces, such as `/api/conversations/{conversation_id}`. See `parseTemplate`. */
  path: string;
  /**
   * Name of the operation in the reference, such as `search_conversations`. The document makes its `operationId` from
   * it.
   */
  id: string;
  summary: string;
  tags: readonly string[];
  auth: RouteAuth;
  /** The scope that it needs of its caller, and the things that it touches. Default: `admin`; of an `open` route, `open`. */
  access?: RouteAccess;
  /** An open route that a server refuses until it is configured, as it does those with credentials. Default: false. */
  waitsForInit?: boolean;
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** Headers that the handler reads, with a description of each. Only the document uses them. */
  headers?: Readonly<Record<string, string>>;
  /** A schema for JSON, or a multipart `upload(…)`. */
  body?: z.ZodType | UploadSpec;
  /** A JSON body may be left out; the handler then gets undefined. */
  bodyOptional?: boolean;
  /**
   * Pages of every web origin may call the route: something other than the origin guards it. Default: the CORS options.
   */
  cors?: "any-origin";
  /** A GET that answers HEAD too. In this protocol only pages and static files do; other routes answer it with 405. */
  head?: boolean;
  /** Left out of the OpenAPI document. */
  hidden?: boolean;
  /** The server that must answer, where several share a store. Default: any, from the store. */
  runsOn?: RunsOn;
  /**
   * Finds the id that names this server, in a part of the request other than its body. Default: the conversation of the
   * path.
   */
  claimedId?(request: Request, params: Readonly<Record<string, string>>): string | undefined;
  /** Header that names the event which the request makes. A repeated request finds the event and makes no other. */
  eventIdHeader?: string;
  /** Whether a request whose answer was lost may be carried out once more. Default: for GET. */
  repeatable?: boolean;
  responses: Readonly<Record<number, ResponseSpec>>;
}

/** The parts of a spec that cost: a schema of ten fields takes half a millisecond to build. */
export type RouteSchemas = Pick<RouteSpec, "params" | "query" | "body" | "responses">;

/** The parsed form of a part of the request. */
export type Parsed<T> = T extends z.ZodType ? z.output<T> : undefined;

type BodyInput<T> = T extends UploadSpec ? Upload : Parsed<T>;

/** The parts of a spec that decide what a handler gets. */
type InputSpec = Pick<RouteSpec, "params" | "query" | "body" | "bodyOptional">;

export interface RouteInput<S extends InputSpec> {
  params: Parsed<S["params"]>;
  query: Parsed<S["query"]>;
  body: S["bodyOptional"] extends true ? BodyInput<S["body"]> | undefined : BodyInput<S["body"]>;
  request: Request;
  /** The principal of the request; null if the route is open or the credentials name none. */
  principal: Principal | null;
  /** Who asks, with what it may do. An open route is asked by the operator. */
  caller: Caller;
  /** Says that the effect of the request has begun. For a handler that answers long after that. */
  begun(): void;
  /** Reports to the audit what has come of the request, and to what: an id, never a secret. */
  report(target: string, reason: string): void;
}

/** A route with its handler, in the untyped form that the router keeps. */
export interface Route {
  spec: RouteSpec;
  /**
   * Decides about a request in place of the credentials of the spec, for a route with a separate key: the refusal, or
   * undefined. A dormant server answers it. Default: the credentials decide.
   */
  admit?(
    request: Request,
    about: { readonly peerAddress: string | undefined; readonly pathname: string },
  ): AgentServerError | undefined;
  handle(input: {
    params: unknown;
    query: unknown;
    body: unknown;
    request: Request;
    principal: Principal | null;
    caller: Caller;
    begun(): void;
    report(target: string, reason: string): void;
  }): Promise<RouteOutcome | Response>;
}

/**
 * Declares a route. `handle` checks the handler against the spec: a status that the spec does not declare does not
 * compile.
 */
export function route<const S extends RouteSpec>(spec: S) {
  return {
    handle(handler: (input: RouteInput<S>) => Promise<RouteResult<S>> | RouteResult<S>): Route {
      return { spec, handle: async (input) => handler(input as RouteInput<S>) };
    },
  };
}

/** Like `route`, with the schemas built when the route is first asked, or shown in the OpenAPI document. */
export function lazyRoute<const S extends Omit<RouteSpec, keyof RouteSchemas>, const T extends RouteSchemas>(
  spec: S,
  schemas: () => T,
) {
  return {
    handle(handler: (input: RouteInput<S & T>) => Promise<RouteResult<T>> | RouteResult<T>): Route {
      const handle: Route["handle"] = async (input) => handler(input as RouteInput<S & T>);
      return { spec: withLazySchemas(spec, schemas), handle };
    },
  };
}

/** Returns the spec with its schemas, which are built once, when one of them is first read. */
export function withLazySchemas(
  spec: Omit<RouteSpec, keyof RouteSchemas>,
  build: () => RouteSchemas,
): RouteSpec {
  const schemas = once(build);
  return Object.defineProperties({ ...spec } as RouteSpec, {
    params: { enumerable: true, get: () => schemas().params },
    query: { enumerable: true, get: () => schemas().query },
    body: { enumerable: true, get: () => schemas().body },
    responses: { enumerable: true, get: () => schemas().responses },
  });
}

/** Returns the access that a route declares; without one it needs everything. */
export function accessOf({ access, auth }: Pick<RouteSpec, "access" | "auth">): RouteAccess {
  return access ?? (auth === "open" ? "open" : "admin");
}

/** The credentials of which a route requires one; empty for an open route. */
export function credentialsOf({ auth }: Pick<RouteSpec, "auth">): readonly Credential[] {
  if (auth === "open") return [];
  return typeof auth === "string" ? [auth] : auth;
}
