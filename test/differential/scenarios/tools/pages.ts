/** Pages for browsers, by name. */
const PAGES: Readonly<Record<string, string>> = {
  first: `<!doctype html><title>First</title><h1>First page</h1>
    <p>Some words, <a href="second">a link</a> and <button>a button</button>.</p>
    <form action="second"><input name="word" placeholder="Word"><select><option>One<option>Two</select></form>`,
  second: "<!doctype html><title>Second</title><h1>Second page</h1><p>Other words.</p>",
  long: `<!doctype html><title>Long</title>${"<p>One more paragraph.</p>".repeat(200)}<p>The end.</p>`,
  stores: `<!doctype html><title>Stores</title><script>
    localStorage.setItem("colour", "blue"); sessionStorage.setItem("step", "2"); document.cookie = "taste=sweet";
    </script>`,
};

/** The page at a path such as `/pages/first`; undefined for any other. */
export function pageAt(path: string): string | undefined {
  const [, name = ""] = /^\/pages\/([a-z]+)(?:\?.*)?$/.exec(path) ?? [];
  return Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
}
