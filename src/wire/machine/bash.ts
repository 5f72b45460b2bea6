import { z } from "zod";
import { nullable } from "../nullable.ts";

const request = {
  command: z.string().describe("The command, as a shell reads it"),
  cwd: nullable(z.string()).describe("Folder to run in; null for that of the server or of the conversation"),
  timeout: z.int().default(300).describe("Seconds after which the command is ended"),
};

/** A command to run. */
export const executeBashRequest = z.object(request).meta({ id: "ExecuteBashRequest" });

const identity = {
  id: z.string().describe("32 hex digits"),
  timestamp: z.string().describe("UTC").meta({ format: "date-time" }),
};

/** A command that was started. */
export const bashCommand = z
  .object({ ...request, ...identity, kind: z.literal("BashCommand") })
  .meta({ id: "BashCommand" });

/** A piece of what a command wrote. The last one has its exit code. */
export const bashOutput = z
  .object({
    ...identity,
    command_id: z.string(),
    order: z.int().default(0).describe("Place among the outputs of the command, from 0"),
    exit_code: nullable(z.int()).describe("null as long as the command runs"),
    stdout: nullable(z.string()),
    stderr: nullable(z.string()),
    kind: z.literal("BashOutput"),
  })
  .meta({ id: "BashOutput" });

/** The refusal of a frame. Never stored. */
export const bashError = z
  .object({ ...identity, code: z.string(), detail: z.string(), kind: z.literal("BashError") })
  .meta({ id: "BashError" });

export const bashEvent = z
  .discriminatedUnion("kind", [bashCommand, bashError, bashOutput])
  .meta({ id: "BashEventBase" });

export const bashEventPage = z
  .object({ items: z.array(bashEvent), next_page_id: nullable(z.string()) })
  .meta({ id: "BashEventPage" });

export const bashEventSortOrder = z.enum(["TIMESTAMP", "TIMESTAMP_DESC"]).meta({ id: "BashEventSortOrder" });

/** A command to run, with the defaults of what was left out. */
export type ExecuteBashRequest = z.output<typeof executeBashRequest>;
/** A command that was started. */
export type BashCommand = z.output<typeof bashCommand>;
/** A piece of what a command wrote. The last one has its exit code. */
export type BashOutput = z.output<typeof bashOutput>;
/** The refusal of a frame, or what stands in the place of a damaged event. */
export type BashError = z.output<typeof bashError>;
/** An event of a bash command. */
export type BashEvent = z.output<typeof bashEvent>;
/** The order of a page. */
export type BashEventSortOrder = z.output<typeof bashEventSortOrder>;
