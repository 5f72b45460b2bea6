import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** A small web app, built as Agent Canvas is: the paths of the site stand in its page, script, style and manifest. */
const FILES: Record<string, string> = {
  "index.html": `<!DOCTYPE html><html><head><title>App</title><link rel="icon" href="/favicon.svg"/>
<link rel="modulepreload" href="/assets/app-1.js"/></head><body>
<script>window.context = {"basename":"/"};</script><script type="module" async="">import "/assets/app-1.js";</script>
</body></html>`,
  "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
  "site.webmanifest": `{"icons":[{"src":"/icon.png"}]}`,
  "assets/app-1.js": 'const files=["/assets/page-2.js"],preload=function(e){return`/`+e};',
  "assets/page-2.js": "export const page = 2;",
  "assets/app-3.css": "body{background:url(/assets/back.png)}",
  "locales/en/app.json": "{}",
};

export interface BuiltPages extends AsyncDisposable {
  directory: string;
}

/** Writes the app to a folder of the test. */
export async function buildPages(files = FILES): Promise<BuiltPages> {
  const directory = await mkdtemp(join(tmpdir(), "agent-server-pages-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return { directory, [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }) };
}
