import { z } from "zod";

/** A secret whose value is the content of a file that the program reads. */
const fileSecret = z
  .object({
    secret_name: z.string().min(1),
    filename: z
      .string()
      .min(1)
      .refine(isBareName, "Value error, filename must be a bare basename, not a path"),
    env_var: z.string().min(1).describe("Variable that leads the program to the file"),
    subdir: z
      .string()
      .min(1)
      .refine(isInnerPath, "Value error, subdir must be a non-empty relative path without '.'/'..' segments"),
    env_points_to: z.enum(["dir", "file"]).default("file"),
    warn_if_unset: z.array(z.string()).default([]).describe("Variables that the program needs as well"),
  })
  .meta({ id: "ACPFileSecretSpec" });

const FILE_SECRETS: readonly z.output<typeof fileSecret>[] = [
  {
    secret_name: "CODEX_AUTH_JSON",
    filename: "auth.json",
    env_var: "CODEX_HOME",
    subdir: "codex",
    env_points_to: "dir",
    warn_if_unset: [],
  },
  {
    secret_name: "GOOGLE_APPLICATION_CREDENTIALS_JSON",
    filename: "gcloud-credentials.json",
    env_var: "GOOGLE_APPLICATION_CREDENTIALS",
    subdir: "gemini-cli",
    env_points_to: "file",
    warn_if_unset: ["GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_LOCATION"],
  },
  {
    secret_name: "KIMI_CODE_CONFIG_TOML",
    filename: "config.toml",
    env_var: "KIMI_CODE_HOME",
    subdir: "kimi-code",
    env_points_to: "dir",
    warn_if_unset: [],
  },
  {
    secret_name: "PI_AUTH_JSON",
    filename: "auth.json",
    env_var: "PI_CODING_AGENT_DIR",
    subdir: "pi",
    env_points_to: "dir",
    warn_if_unset: [],
  },
];

/** A secret whose value is written to a file, as an agent has it. */
export type AcpFileSecret = z.output<typeof fileSecret>;

/** The secrets of a program that it reads from files. Default: those of the programs that are known by name. */
export const acpFileSecrets = z.array(fileSecret).default(() => structuredClone([...FILE_SECRETS]));

function isBareName(name: string): boolean {
  return !/[/\\]/.test(name) && name !== "." && name !== "..";
}

function isInnerPath(path: string): boolean {
  const trimmed = path.trim();
  return !path.startsWith("/") && !path.split("/").includes("..") && trimmed !== "" && trimmed !== ".";
}
