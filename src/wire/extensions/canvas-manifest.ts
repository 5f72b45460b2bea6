import { z } from "zod";
import { isObject } from "../../is-object.ts";
import { once } from "../../once.ts";

const KEBAB = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const PAGE_PATH = /^\/[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[a-z0-9]+(?:-[a-z0-9]+)*)*$/;
const HEALTH_PATH = /^\/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;

const PLACEHOLDERS = ["{port}", "{data_dir}", "{artifact_dir}"];

/** Variables that a back end may have of the machine it runs on. */
export const APP_VARIABLES = ["LANG", "LC_ALL", "LC_CTYPE", "PATH", "TMPDIR", "TZ"] as const;

/** Machines that back ends are made for. */
const PLATFORMS = ["linux-amd64", "linux-arm64"] as const;

export type AppPlatform = (typeof PLATFORMS)[number];

const page = () =>
  z
    .object({
      id: z.string().regex(KEBAB).describe("Unique within the extension"),
      title: z.string(),
      path: z.string().regex(PAGE_PATH).describe("Where it is mounted, such as `/dashboard`"),
    })
    .meta({ id: "CanvasExtensionPage" });

const contributes = () =>
  z
    .object({
      pages: z
        .array(page())
        .refine((pages) => areUnique(pages.map(({ id }) => id)), "ids of pages must be unique")
        .refine((pages) => areUnique(pages.map(({ path }) => path)), "paths of pages must be unique")
        .default([]),
    })
    .meta({ id: "CanvasExtensionContributes" });

const artifact = () =>
  z.preprocess(
    withPath,
    z
      .object({
        path: z
          .string()
          .refine((path) => path === "" || isArchivePath(path), "must be a relative path of a .tar.gz")
          .describe("The archive in the package. Empty for one with a url"),
        url: z.string().refine(isArchiveUrl, "must be an https URL of a .tar.gz").nullable().default(null),
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe("Checksum of the archive"),
        strip_components: z.int().min(0).max(16).default(0).describe("Leading parts of paths to remove"),
      })
      .refine(({ path, url }) => (path === "") !== (url === null), "needs a path or a url, and not both")
      .refine(({ path, strip_components: strip }) => path === "" || strip === 0, {
        message: "strip_components is for a url",
      })
      .meta({ id: "CanvasExtensionBackendArtifact" }),
  );

const health = () =>
  z
    .object({
      path: z.string().regex(HEALTH_PATH).default("/health"),
      timeout_seconds: z.number().gt(0).max(300).default(30),
      interval_seconds: z.number().gt(0).max(10).default(0.1),
    })
    .meta({ id: "CanvasExtensionBackendHealth" });

const backend = () =>
  z
    .object({
      schema_version: z.literal(1),
      artifacts: z
        .partialRecord(z.enum(PLATFORMS), artifact())
        .refine((artifacts) => Object.keys(artifacts).length > 0, "must name a platform"),
      argv: z
        .array(z.string().refine(isArgument, "is not an argument"))
        .min(1)
        .refine((argv) => argv[0]?.includes("{artifact_dir}"), "the program must be inside {artifact_dir}"),
      health: health().prefault({}),
      inherit_environment: z
        .array(z.string().refine(isVariable, `must be one of ${APP_VARIABLES.join(", ")}`))
        .refine(areUnique, "names must be unique")
        .default([]),
    })
    .meta({ id: "CanvasExtensionBackend" });

/** `canvas-extension.json`: an extension of Agent Canvas, with pages for its users and perhaps a back end. */
export const canvasManifest = once(() =>
  z
    .object({
      schema_version: z.int().refine((version) => version === 1, "only 1 is known"),
      name: z.string().regex(KEBAB),
      display_name: z.string(),
      version: z.string(),
      description: z.string().default(""),
      entrypoint: z.string().refine(isRelative, "must be a relative path").describe("File in the package"),
      contributes: contributes().prefault({}),
      backend: backend().nullable().optional(),
      // A picture of another kind is left out: the extension works without it.
      icon: z.string().endsWith(".svg").nullable().optional().catch(undefined).describe("SVG in the package"),
    })
    .meta({ id: "CanvasExtensionManifest" }),
);

export type CanvasManifest = z.output<ReturnType<typeof canvasManifest>>;
export type AppBackendManifest = NonNullable<CanvasManifest["backend"]>;
export type AppArtifact = z.output<ReturnType<typeof artifact>>;

/** An archive on the web has no path. */
function withPath(value: unknown): unknown {
  return isObject(value) && value.path === undefined && value.url ? { ...value, path: "" } : value;
}

function isVariable(name: string): boolean {
  return (APP_VARIABLES as readonly string[]).includes(name);
}

function areUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

function isRelative(path: string): boolean {
  return path !== "" && !path.startsWith("/") && !path.includes("\0") && !path.split("/").includes("..");
}

function isArchivePath(path: string): boolean {
  return isRelative(path) && path.endsWith(".tar.gz");
}

function isArchiveUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || url.protocol !== "https:" || url.username !== "" || url.password !== "") return false;
  return url.hash === "" && url.pathname.endsWith(".tar.gz");
}

function isArgument(text: string): boolean {
  const placeholders = text.match(/\{[^{}]+\}/g) ?? [];
  return text !== "" && !text.includes("\0") && placeholders.every((name) => PLACEHOLDERS.includes(name));
}
