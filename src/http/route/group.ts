import type { z } from "zod";
import { once } from "../../once.ts";
import type { ResponseSpec, RouteResult } from "./outcome.ts";
import {
  type Parsed,
  type Route,
  type RouteInput,
  type RouteSchemas,
  type RouteSpec,
  withLazySchemas,
} from "./route.ts";

/** The common part of the routes in a group. */
export interface GroupSpec extends Pick<RouteSpec, "tags" | "auth" | "access" | "cors"> {
  /** Stands before the path of each route; may have parameters. */
  prefix: string;
  /** The parameters of the prefix. A route adds its own. */
  params?: z.ZodObject;
  /** Answers that every route may give, in addition to its own. */
  responses?: Readonly<Record<number, ResponseSpec>>;
}

/** A route of a group. Its path follows the prefix; its `tags`, `auth`, `access` and `cors` replace those of the group. */
export type MemberSpec = Omit<RouteSpec, "tags" | "auth"> & Partial<Pick<RouteSpec, "tags" | "auth">>;

type MemberInput<G extends GroupSpec, S extends MemberSpec> = Omit<RouteInput<S>, "params"> & {
  params: Merged<Parsed<G["params"]>, Parsed<S["params"]>>;
};

type Merged<A, B> = A extends undefined ? B : B extends undefined ? A : A & B;

type MemberHandler<G extends GroupSpec, S extends MemberSpec> = (
  input: MemberInput<G, S>,
) => Promise<RouteResult<S>> | RouteResult<S>;

/**
 * Declares routes that share a prefix, tags and credentials. `lazy` takes the schemas as a function: they are built
 * when the route is first asked, or shown in the OpenAPI document.
 *
 * @example
 * const notes = group({ prefix: "/api/notes/{note_id}", tags: ["Notes"], auth: "key", params: noteParams });
 * notes({ method: "DELETE", path: "", id: "deleteNote", … }).handle(({ params }) => …);
 * notes.lazy({ method: "GET", path: "", id: "getNote", … }, () => ({ responses: … })).handle(({ params }) => …);
 */
export function group<const G extends GroupSpec>({ prefix, params, responses, ...shared }: G) {
  const merge = (own: z.ZodObject | undefined) =>
    params === undefined ? own : params.extend(own?.shape ?? {});

  const eager = <const S extends MemberSpec>(member: S) => ({
    handle(handler: MemberHandler<G, S>): Route {
      const spec: RouteSpec = {
        ...shared,
        ...member,
        path: prefix + member.path,
        responses: { ...responses, ...member.responses },
      };
      if (params !== undefined) {
        Object.defineProperty(spec, "params", { enumerable: true, get: once(() => merge(member.params)) });
      }
      return { spec, handle: async (input) => handler(input as MemberInput<G, S>) };
    },
  });

  const lazy = <const S extends Omit<MemberSpec, keyof RouteSchemas>, const T extends RouteSchemas>(
    member: S,
    schemas: () => T,
  ) => ({
    handle(handler: MemberHandler<G, S & T>): Route {
      const spec = withLazySchemas({ ...shared, ...member, path: prefix + member.path }, () => {
        const { params: own, ...rest } = schemas();
        const merged = merge(own);
        const all = { ...rest, responses: { ...responses, ...rest.responses } };
        return merged === undefined ? all : { ...all, params: merged };
      });
      return { spec, handle: async (input) => handler(input as MemberInput<G, S & T>) };
    },
  });

  return Object.assign(eager, { lazy });
}
