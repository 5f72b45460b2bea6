import { AgentServerError } from "../../errors.ts";
import type { InstallSource } from "../../extensions/installed/installed-extensions.ts";
import { bytes } from "../../http/content/bytes.ts";
import { mediaTypeOf } from "../../http/content/media-type.ts";
import { group } from "../../http/route/group.ts";
import type { Route } from "../../http/route/route.ts";
import {
  canvasExtensionsResponse,
  canvasParams,
  installedCanvasExtension,
} from "../../wire/extensions/canvas.ts";
import {
  installRequest,
  stateRequest,
  stateResponse,
  uninstalledResponse,
} from "../../wire/extensions/installed.ts";
import { errorBody } from "../../wire/validation-error.ts";
import { answeringFailures } from "../machine/workspace-failure.ts";
import type { AppDeps } from "./app-deps.ts";
import { installedFile, installFailure, openInstalled, showInstalled } from "./installed-canvas.ts";

const canvasRoute = group({
  prefix: "/api/canvas-extensions",
  tags: ["Canvas Extensions"],
  auth: "key",
  access: "admin",
});

const ONE = "/installed/{extension_name}";

/** A file of an extension is what it says it is, and is asked for again each time: it may be another one by then. */
const FILE_HEADERS = { "cache-control": "no-cache", "x-content-type-options": "nosniff" };

/** A picture that is opened as a page runs nothing. */
const ICON_HEADERS = {
  ...FILE_HEADERS,
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
};

/** `/api/canvas-extensions`: pages that users add to Agent Canvas, as they are installed and served. */
export function canvasExtensionRoutes({ place, backends, sessions }: AppDeps): Route[] {
  const opened = async () => {
    const here = await place();
    return { here, installed: await openInstalled(here) };
  };
  const endBackend = async (name: string) => {
    sessions.revokeApp(name);
    await (await backends()).stop(name);
  };

  return [
    canvasRoute
      .lazy(
        {
          method: "POST",
          path: "/install",
          id: "install_canvas_extension_endpoint",
          summary: "Install an extension. A new one is disabled",
        },
        () => ({
          body: installRequest("CanvasExtension"),
          responses: {
            200: { description: "The installed one", body: installedCanvasExtension() },
            400: { description: "The source cannot be brought", body: errorBody },
            409: { description: "One of its name is installed, or a back end runs", body: errorBody },
            422: { description: "There is no valid extension at the place", body: errorBody },
          },
        }),
      )
      .handle(async ({ body: { source, ref, repo_path: repoPath, force } }) => {
        const { here, installed } = await opened();
        const wanted: InstallSource = { source, ref, repoPath, force };
        const manager = await backends();
        const install = async () => {
          const entry = await installed.install(wanted).catch((error: unknown) => {
            throw installFailure(error);
          });
          await manager.renew(entry.name);
          return entry;
        };
        const entry = await answeringFailures(force ? manager.whileStopped(install) : install());
        return { status: 200, body: await showInstalled(here, entry) };
      }),

    canvasRoute
      .lazy(
        {
          method: "GET",
          path: "/installed",
          id: "list_installed_canvas_extensions_endpoint",
          summary: "List installed extensions",
        },
        () => ({ responses: { 200: { description: "Enabled or not", body: canvasExtensionsResponse() } } }),
      )
      .handle(async () => {
        const { here, installed } = await opened();
        const shown = await Promise.all((await installed.list()).map((entry) => showInstalled(here, entry)));
        return { status: 200, body: { canvas_extensions: shown } };
      }),

    canvasRoute
      .lazy(
        {
          method: "GET",
          path: ONE,
          id: "get_installed_canvas_extension_endpoint",
          summary: "Get an installed extension",
        },
        () => ({
          params: canvasParams(),
          responses: {
            200: { description: "The extension", body: installedCanvasExtension() },
            404: { description: "It is not installed", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => {
        const { here, installed } = await opened();
        const entry = await installed.find(name);
        if (entry === undefined) throw missing(name);
        return { status: 200, body: await showInstalled(here, entry) };
      }),

    canvasRoute
      .lazy(
        {
          method: "PATCH",
          path: ONE,
          id: "set_canvas_extension_enabled_endpoint",
          summary: "Enable or disable an extension. Disabling it ends its back end",
        },
        () => ({
          params: canvasParams(),
          body: stateRequest("CanvasExtension"),
          responses: {
            200: { description: "The new state", body: stateResponse("CanvasExtension") },
            404: { description: "It is not installed", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name }, body: { enabled } }) => {
        if (!enabled) await endBackend(name);
        const { installed } = await opened();
        if (!(await installed.setEnabled(name, enabled))) throw missing(name);
        return { status: 200, body: { name, enabled } };
      }),

    canvasRoute
      .lazy(
        {
          method: "DELETE",
          path: ONE,
          id: "uninstall_canvas_extension_endpoint",
          summary: "Uninstall an extension. The data of its back end stays",
        },
        () => ({
          params: canvasParams(),
          responses: {
            200: { description: "It is gone", body: uninstalledResponse("CanvasExtension") },
            404: { description: "It is not installed", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => {
        await endBackend(name);
        const { installed } = await opened();
        if (!(await installed.uninstall(name))) throw missing(name);
        await (await backends()).forget(name);
        return { status: 200, body: { message: `Canvas extension '${name}' uninstalled` } };
      }),

    canvasRoute
      .lazy(
        {
          method: "GET",
          path: `${ONE}/bundle`,
          id: "get_canvas_extension_bundle_endpoint",
          summary: "Get the script of an extension's pages",
        },
        () => ({
          params: canvasParams(),
          responses: {
            200: bytes("text/javascript", "The entry file, with its own media type"),
            404: { description: "There is none", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => {
        const file = await installedFile(await place(), name, "entrypoint");
        if (file === null) throw notThere(name, "bundle");
        return {
          status: 200,
          bytes: file.source,
          headers: { ...FILE_HEADERS, "content-type": await mediaTypeOf(file.path) },
        };
      }),

    canvasRoute
      .lazy(
        {
          method: "GET",
          path: `${ONE}/icon`,
          id: "get_canvas_extension_icon_endpoint",
          summary: "Get the icon of an extension",
        },
        () => ({
          params: canvasParams(),
          responses: {
            200: bytes("image/svg+xml", "A picture that runs nothing"),
            404: { description: "There is none", body: errorBody },
          },
        }),
      )
      .handle(async ({ params: { extension_name: name } }) => {
        const file = await installedFile(await place(), name, "icon");
        if (file === null) throw notThere(name, "icon");
        return { status: 200, bytes: file.source, headers: ICON_HEADERS };
      }),
  ];
}

function missing(name: string): AgentServerError {
  return new AgentServerError("not_found", `Canvas extension '${name}' is not installed`);
}

function notThere(name: string, file: "bundle" | "icon"): AgentServerError {
  return new AgentServerError("not_found", `Canvas extension '${name}' ${file} not found`);
}
