import { z } from "zod";
import { nullable } from "../../wire/nullable.ts";

export const readFileInput = z.object({
  file_path: z.string().describe("Path of the file."),
  offset: nullable(z.int().min(0)).describe(
    "Optional: number of lines to pass over; 0 starts at the first line.",
  ),
  limit: nullable(z.int().min(1)).describe("Optional: number of lines to read at most. Default: 1000."),
});

export type ReadFileInput = z.output<typeof readFileInput>;

export const writeFileInput = z.object({
  file_path: z.string().describe("Path of the file."),
  content: z.string().describe("The whole content of the file."),
});

export type WriteFileInput = z.output<typeof writeFileInput>;

export const editInput = z.object({
  file_path: z.string().describe("Path of the file."),
  old_string: z
    .string()
    .describe("The text to replace, exactly as it is in the file. An empty string makes a new file."),
  new_string: z.string().describe("The text to put in its place, or the content of the new file."),
  expected_replacements: z
    .int()
    .min(0)
    .default(1)
    .describe("How often the text occurs in the file; every occurrence is replaced. Default: 1."),
});

export type EditInput = z.output<typeof editInput>;

export const listDirectoryInput = z.object({
  dir_path: z.string().default(".").describe("Path of the directory. Default: the working directory."),
  recursive: z.boolean().default(false).describe("Whether the directories in it are listed, too."),
});

export type ListDirectoryInput = z.output<typeof listDirectoryInput>;
