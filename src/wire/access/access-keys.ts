import { z } from "zod";
import { tags } from "../conversation-parts.ts";
import { nullable } from "../nullable.ts";

const scope = z.enum(["read", "write", "admin"]);

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function isMoment(text: string): boolean {
  return MOMENT.test(text) && Number.isFinite(Date.parse(text));
}

/** Fewer than JSON numbers can tell apart. */
const MOST = 1_000_000_000_000;

const count = () => nullable(z.int().min(1).max(MOST));
const dollars = () => nullable(z.number().positive().max(MOST));

const limits = z
  .strictObject({
    requests_per_minute: count().describe("Requests, upgrades and messages on sockets a minute"),
    sockets: count().describe("Open sockets at a time"),
    runs: count().describe("Runs of agents at a time"),
    tokens_per_hour: count().describe("Tokens of prompts and replies in one hour of the clock"),
    tokens_per_day: count().describe("Tokens of prompts and replies in one day, UTC"),
    cost_per_hour: dollars().describe("US dollars in one hour of the clock"),
    cost_per_day: dollars().describe("US dollars in one day, UTC"),
  })
  .meta({ id: "AccessKeyLimits" });

const facts = {
  name: z.string().min(1).max(100),
  scope: scope.describe("Each scope includes the one before: read, write, admin"),
  owner: nullable(z.string().min(1).max(200)).describe(
    "The principal in whose name the key acts; it then reaches what that one has created",
  ),
  tags: nullable(tags).describe("Only conversations with these tags are reached; new ones get them"),
  expires_at: nullable(
    z
      .string()
      .refine(isMoment, "Value error, must be a moment such as 2030-01-31T12:00:00Z")
      .meta({ format: "date-time" }),
  ),
  limits: nullable(limits).describe(
    "What may be used with the key. Those of a key without an owner take the place of the server's for all principals",
  ),
};

/** Body of `POST /api/access-keys`. */
export const createAccessKeyRequest = z
  .strictObject(facts)
  .superRefine(({ scope, owner, tags }, context) => {
    if (scope !== "admin" || (owner === null && tags === null)) return;
    const message = "Value error, an admin reaches every conversation: leave out `owner` and `tags`";
    context.addIssue({ code: "custom", message, path: [] });
  })
  .meta({ id: "CreateAccessKeyRequest" });

const listed = {
  id: z.string(),
  ...facts,
  created_at: z.string(),
  last_used_at: z.string().nullable().describe("To the minute; null for one that was not used yet"),
  revoked_at: z.string().nullable(),
};

/** A key as it is listed. Its text is not kept anywhere. */
export const accessKey = z.object(listed).meta({ id: "AccessKey" });

/** A new key. */
export const createdAccessKey = z
  .object({ ...listed, key: z.string().describe("The key itself, shown this once") })
  .meta({ id: "CreatedAccessKey" });

export type AccessKeyLimits = z.output<typeof limits>;
export type CreateAccessKey = z.output<typeof createAccessKeyRequest>;
export type AccessKey = z.output<typeof accessKey>;
