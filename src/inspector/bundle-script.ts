import { rolldown } from "rolldown";

/**
 * Puts the script of the page, its modules and the packages that they use into one text. Used by the build, and in a
 * checkout when the page is first asked for: an installed package has the file and not the bundler.
 */
export async function bundleScript(): Promise<string> {
  const bundle = await rolldown({
    input: { inspector: decodeURIComponent(new URL("./script/main.ts", import.meta.url).pathname) },
    platform: "browser",
    transform: { target: "es2022" },
  });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  return output[0].code;
}
