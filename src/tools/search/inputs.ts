import { z } from "zod";
import { nullable } from "../../wire/nullable.ts";

const path = () =>
  nullable(z.string()).describe(
    "Optional: the directory to search, as an absolute path. Default: the working directory.",
  );

export const grepInput = z.object({
  pattern: z
    .string()
    .describe("The regular expression to search for. Upper and lower case do not matter; no lookaround."),
  path: path(),
  include: nullable(z.string()).describe(
    "Optional: names of the files to search, as a pattern such as `*.js`, `*.{ts,tsx}` or `src/**/*.py`.",
  ),
});

export type GrepInput = z.output<typeof grepInput>;

export const globInput = z.object({
  pattern: z.string().describe("The pattern of file names, such as `**/*.js` or `src/**/*.ts`."),
  path: path(),
});

export type GlobInput = z.output<typeof globInput>;
