import { z } from "zod";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import type { AccessKeys } from "../../settings/access-keys/access-keys.ts";
import { accessKey, createAccessKeyRequest, createdAccessKey } from "../../wire/access/access-keys.ts";
import { errorBody } from "../../wire/validation-error.ts";

export interface AccessKeyDeps {
  /** Loaded when first asked. */
  keys(): Promise<AccessKeys>;
  /** Called with the id of a key that has another text, or has ended: the server must not take it any more. */
  changed(keyId: string): void;
}

const keyRoute = group({ prefix: "/api/access-keys", tags: ["Access Keys"], auth: "key", access: "admin" });

const keyParams = () => z.object({ key_id: z.string() });
const unknownKey = { description: "No such key", body: errorBody } as const;
const NEVER_STORED = { "cache-control": "no-store" } as const;

/** `/api/access-keys`: keys with a scope and an end. The reference has no such routes. */
export function accessKeyRoutes({ keys, changed }: AccessKeyDeps): Route[] {
  return [
    keyRoute
      .lazy({ method: "GET", path: "", id: "list_access_keys", summary: "List the keys of clients" }, () => ({
        responses: { 200: { description: "The keys, the newest first", body: z.array(accessKey) } },
      }))
      .handle(async () => ({ status: 200, body: await (await keys()).list() })),

    keyRoute
      .lazy(
        { method: "POST", path: "", id: "create_access_key", summary: "Make a key for a client" },
        () => ({
          body: createAccessKeyRequest,
          responses: {
            201: { description: "The key, shown this once", body: createdAccessKey },
            400: { description: "It would have ended already", body: errorBody },
            409: { description: "There are too many keys", body: errorBody },
          },
        }),
      )
      .handle(async ({ body, report }) => {
        const { key, record } = await (await keys()).create(body);
        report(record.id, "made");
        return { status: 201, body: { ...record, key }, headers: NEVER_STORED };
      }),

    keyRoute
      .lazy(
        {
          method: "DELETE",
          path: "/{key_id}",
          id: "revoke_access_key",
          repeatable: true,
          summary: "End a key for good; its sockets are closed within seconds",
        },
        () => ({
          params: keyParams(),
          responses: { 200: { description: "The key, which has ended", body: accessKey }, 404: unknownKey },
        }),
      )
      .handle(async ({ params: { key_id: id } }) => {
        const record = await (await keys()).revoke(id);
        changed(id);
        return { status: 200, body: record };
      }),

    keyRoute
      .lazy(
        {
          method: "POST",
          path: "/{key_id}/rotate",
          id: "rotate_access_key",
          summary: "Give a key another text; the former one ends",
        },
        () => ({
          params: keyParams(),
          responses: {
            200: { description: "The key with its new text, shown this once", body: createdAccessKey },
            404: unknownKey,
            409: { description: "The key has ended", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { key_id: id } }) => {
        const { key, record } = await (await keys()).rotate(id);
        changed(id);
        return { status: 200, body: { ...record, key }, headers: NEVER_STORED };
      }),
  ];
}
