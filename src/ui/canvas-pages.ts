import type { Answer } from "../http/answer.ts";
import { byteAnswer } from "../http/content/byte-answer.ts";
import { type PageRequest, type Pages, wantsPage } from "../http/pages.ts";
import { once } from "../once.ts";
import { kindOf, moveBelow } from "./below-prefix.ts";
import { createIndexPage } from "./index-page.ts";
import type { PageFile, PageFiles } from "./page-files.ts";

export interface CanvasPagesOptions {
  files: PageFiles;
  /** Path below which browsers see the server, such as `/agents`; empty for the root. */
  prefix: string;
  /** Origin at which back ends of extensions show their pages. */
  appsOrigin?: string | undefined;
  /** Returns the key that the page hands to the app. Null lets the app ask its user for one. */
  keyFor(request: Request, about: PageRequest): string | null;
}

/** Name of the page that starts the app. */
const INDEX = "index.html";
/** Paths of the server that are never pages, even where no route has them: a program must not get a page for a 404. */
const OF_PROGRAMS = /^\/(api|sockets|v1|app-backends)(\/|$)/;
/** Asked for by the start page, which shows an error where there is no answer. */
const AUTOMATIONS = "/api/automation/v1";
/** Files whose names hold a hash of their content. */
const HASHED = /^assets\//;

const HASHED_HEADERS = { "cache-control": "public, max-age=31536000, immutable" };
const OTHER_HEADERS = { "cache-control": "no-cache" };

/**
 * Agent Canvas as the pages of a server. Every other path shows the app to a browser that asks for a page there; its
 * own router reads the path.
 */
export function canvasPages({ files, prefix, appsOrigin, keyFor }: CanvasPagesOptions): Pages {
  const index = once(async () => {
    const file = await files.find(INDEX);
    if (file === undefined) throw new Error(`The pages have no ${INDEX}`);
    return createIndexPage(moved(await file.text(), INDEX), appsOrigin);
  });
  /** Files with paths of the app, moved below the prefix. There are a handful. */
  const texts = new Map<string, Promise<string | null>>();

  function moved(text: string, path: string): string {
    const kind = kindOf(path);
    return prefix === "" || kind === undefined ? text : moveBelow(prefix, text, kind);
  }

  /** Reads a file once to see whether it names paths. Null for a file that is sent as it lies on the disk. */
  function movedText(path: string, file: PageFile): Promise<string | null> {
    if (prefix === "" || kindOf(path) === undefined) return Promise.resolve(null);
    const known = texts.get(path);
    if (known !== undefined) return known;
    const reading = file.text().then((text) => {
      const result = moved(text, path);
      return result === text ? null : result;
    });
    reading.catch(() => texts.delete(path));
    texts.set(path, reading);
    return reading;
  }

  async function fileAnswer(request: Request, path: string, file: PageFile): Promise<Answer | Response> {
    const headers = {
      ...(HASHED.test(path) ? HASHED_HEADERS : OTHER_HEADERS),
      "x-content-type-options": "nosniff",
    };
    const text = await movedText(path, file);
    const bytes = text === null ? file.source : new TextEncoder().encode(text);
    return byteAnswer(request, { bytes, headers }, file.mediaType);
  }

  return {
    async answer(request, about) {
      if (about.pathname === AUTOMATIONS) return Response.json({ automations: [], total: 0 });
      const path = decoded(about.pathname);
      if (path === undefined || OF_PROGRAMS.test(about.pathname)) return undefined;
      const file = path === INDEX ? undefined : await files.find(path);
      if (file !== undefined) return fileAnswer(request, path, file);
      if (path !== INDEX && (looksLikeFile(path) || !wantsPage(request))) return undefined;
      return (await index()).answer({ prefix, key: keyFor(request, about) });
    },
  };
}

function looksLikeFile(path: string): boolean {
  return /\.[a-z0-9]+$/i.test(path);
}

/** Returns the path without its first slash. Undefined where its percent signs mean nothing. */
function decoded(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname).replace(/^\//, "");
  } catch {
    return undefined;
  }
}
