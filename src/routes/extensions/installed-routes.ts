import { z } from "zod";
import { AgentServerError } from "../../errors.ts";
import { SourceError } from "../../extensions/checkout/source-error.ts";
import { InstallError } from "../../extensions/installed/install-error.ts";
import type { InstalledExtensions } from "../../extensions/installed/installed-extensions.ts";
import type { ExtensionPlace } from "../../extensions/place.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import {
  extensionName,
  type InstalledEntry,
  installRequest,
  stateRequest,
  stateResponse,
  uninstalledResponse,
} from "../../wire/extensions/installed.ts";
import { errorBody } from "../../wire/validation-error.ts";

/** One kind of installed extension, as its routes show it. */
export interface InstalledResource {
  /** In lower case, and as it begins a sentence. */
  noun: "skill" | "plugin";
  title: "Skill" | "Plugin";
  /** Of its names, as the reference writes it: refusals show it. */
  pattern: RegExp;
  /** The reason of a 422 at an installation. */
  invalid: string;
  /** Answers with one extension, with all of them, and with one that was refreshed. */
  schemas: { one(): z.ZodType; all(): z.ZodType; refreshed(): z.ZodType };
  open(place: ExtensionPlace): Promise<InstalledExtensions>;
  /** Shows an extension as clients see it. */
  show(place: ExtensionPlace, entry: InstalledEntry): Promise<object>;
}

/** The routes of installed skills, and those of installed plugins: they differ in their words alone. */
export function installedRoutes(
  place: () => Promise<ExtensionPlace>,
  { noun, title, pattern, invalid, schemas, open, show }: InstalledResource,
): Route[] {
  const tags = [`${title}s`];
  const route = group({ prefix: `/api/${noun}s`, tags, auth: "key", access: "admin" });
  const path = `/installed/{${noun}_name}`;
  const params = () => z.object({ [`${noun}_name`]: extensionName(pattern) });
  const nameIn = (given: unknown) => (given as Record<string, string>)[`${noun}_name`] ?? "";
  const missing = (name: string) => new AgentServerError("not_found", `${title} '${name}' is not installed`);
  const refusal = { 404: { description: "It is not installed", body: errorBody } };
  const opened = async () => {
    const here = await place();
    return { here, installed: await open(here) };
  };

  return [
    route
      .lazy(
        { method: "POST", path: "/install", id: `install_${noun}_endpoint`, summary: `Install a ${noun}` },
        () => ({
          body: installRequest(title),
          responses: {
            200: { description: "The installed one", body: schemas.one() },
            400: { description: "The source cannot be brought", body: errorBody },
            409: { description: "One of its name is installed", body: errorBody },
          },
        }),
      )
      .handle(async ({ body: { source, ref, repo_path: repoPath, force } }) => {
        const { here, installed } = await opened();
        const entry = await installed.install({ source, ref, repoPath, force }).catch((error: unknown) => {
          throw refused(error, {
            installed: `${title} already installed. Use force=true to overwrite.`,
            source: `Failed to fetch ${noun} source. Check that the source is valid.`,
            invalid,
          });
        });
        return { status: 200, body: await show(here, entry) };
      }),

    route
      .lazy(
        {
          method: "GET",
          path: "/installed",
          id: `list_installed_${noun}s_endpoint`,
          summary: `List installed ${noun}s`,
        },
        () => ({ responses: { 200: { description: "Enabled or not", body: schemas.all() } } }),
      )
      .handle(async () => {
        const { here, installed } = await opened();
        const shown = await Promise.all((await installed.list()).map((entry) => show(here, entry)));
        return { status: 200, body: { [`${noun}s`]: shown } };
      }),

    route
      .lazy(
        { method: "GET", path, id: `get_installed_${noun}_endpoint`, summary: `Get an installed ${noun}` },
        () => ({
          params: params(),
          responses: { 200: { description: `The ${noun}`, body: schemas.one() }, ...refusal },
        }),
      )
      .handle(async ({ params: given }) => {
        const { here, installed } = await opened();
        const entry = await installed.find(nameIn(given));
        if (entry === undefined) throw missing(nameIn(given));
        return { status: 200, body: await show(here, entry) };
      }),

    route
      .lazy(
        { method: "PATCH", path, id: `set_${noun}_enabled_endpoint`, summary: `Enable or disable a ${noun}` },
        () => ({
          params: params(),
          body: stateRequest(title),
          responses: { 200: { description: "The new state", body: stateResponse(title) }, ...refusal },
        }),
      )
      .handle(async ({ params: given, body: { enabled } }) => {
        const { installed } = await opened();
        const name = nameIn(given);
        if (!(await installed.setEnabled(name, enabled))) throw missing(name);
        return { status: 200, body: { name, enabled } };
      }),

    route
      .lazy(
        { method: "DELETE", path, id: `uninstall_${noun}_endpoint`, summary: `Uninstall a ${noun}` },
        () => ({
          params: params(),
          responses: { 200: { description: "It is gone", body: uninstalledResponse(title) }, ...refusal },
        }),
      )
      .handle(async ({ params: given }) => {
        const { installed } = await opened();
        const name = nameIn(given);
        if (!(await installed.uninstall(name))) throw missing(name);
        return { status: 200, body: { message: `${title} '${name}' uninstalled` } };
      }),

    route
      .lazy(
        {
          method: "POST",
          path: `${path}/refresh`,
          id: `refresh_${noun}_endpoint`,
          summary: `Bring a ${noun} up to date`,
        },
        () => ({
          params: params(),
          responses: {
            200: { description: "The new copy", body: schemas.refreshed() },
            400: { description: "The source cannot be brought", body: errorBody },
            ...refusal,
          },
        }),
      )
      .handle(async ({ params: given }) => {
        const { here, installed } = await opened();
        const name = nameIn(given);
        const entry = await installed.refresh(name).catch((error: unknown) => {
          const kept = "The installed copy was kept.";
          throw refused(error, {
            installed: `${title} already installed.`,
            source: `Failed to fetch the source of ${noun} '${name}'. ${kept}`,
            invalid: `The source of ${noun} '${name}' no longer holds a valid ${noun}. ${kept}`,
          });
        });
        if (entry === undefined) throw missing(name);
        return {
          status: 200,
          body: { message: `${title} '${name}' updated`, [noun]: await show(here, entry) },
        };
      }),
  ];
}

/** The failure of an installation, as clients know it. Others stay as they are. */
function refused(error: unknown, details: { installed: string; source: string; invalid: string }): unknown {
  if (error instanceof SourceError)
    return new AgentServerError("bad_request", details.source, { cause: error });
  if (!(error instanceof InstallError)) return error;
  switch (error.code) {
    case "installed":
      return new AgentServerError("conflict", details.installed, { cause: error });
    case "invalid":
    case "absent":
      return new AgentServerError("unprocessable", details.invalid, { cause: error });
  }
}
