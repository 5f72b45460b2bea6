import { literalOf } from "./literal.ts";
import { ancestors, childInRole, type SyntaxNode, siblingOf } from "./syntax-node.ts";
import type { Word } from "./word.ts";

/** A redirect with the number of the file descriptor that it sets. */
export interface Redirect {
  node: SyntaxNode;
  descriptor: string;
}

export interface RedirectedCommand {
  node: SyntaxNode;
  words: readonly Word[];
}

export function isRedirect({ type }: SyntaxNode): boolean {
  return type === "file_redirect" || type === "heredoc_redirect" || type === "herestring_redirect";
}

/** Yields a redirect and those that the grammar puts inside it. */
export function* withInner(redirect: SyntaxNode): Generator<SyntaxNode> {
  yield redirect;
  for (const child of redirect.children) if (child.field === "redirect") yield* withInner(child);
}

/** Redirects of the statements that consist of a command, in no order. */
export function redirectsAround(command: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (const node of ancestors(command)) {
    if (node.type !== "redirected_statement") break;
    found.push(...node.children.filter(isRedirect));
  }
  return found;
}

/** The redirects that act on a command, in the order of the text; with `within`, all up to that node and around it. */
export function redirectsOf(command: RedirectedCommand, within?: SyntaxNode): Redirect[] {
  const found: Redirect[] = [];
  let isInside = within !== undefined;
  for (const node of [command.node, ...ancestors(command.node)]) {
    found.push(...node.children.filter(isRedirect).flatMap((redirect) => redirectTree(command, redirect)));
    if (node === within) isInside = false;
    if (!isInside && !passesRedirectsOn(node)) break;
  }
  found.push(...repairedRedirects(command));
  return found.sort((one, other) => one.node.start - other.node.start);
}

/** Whether redirects of the parent act on the node: the grammar hangs those of the last stage on the pipeline. */
function passesRedirectsOn(node: SyntaxNode): boolean {
  const { parent } = node;
  if (parent?.type === "redirected_statement") return true;
  return parent?.type === "pipeline" && parent.children.at(-1) === node;
}

/**
 * Redirects that error recovery has torn off their command, when a descriptor at its end shows that they belong to it.
 */
function repairedRedirects(command: RedirectedCommand): Redirect[] {
  const { parent } = command.node;
  const next = parent?.type === "ERROR" ? siblingOf(parent, 1) : undefined;
  if (!parent || next?.start !== parent.end) return [];
  const descriptor = lastDigits(parent.text.slice(command.node.end - parent.start));
  if (descriptor === undefined) return [];
  return [
    ...parent.children.filter(isRedirect).flatMap((redirect) => redirectTree(command, redirect)),
    ...next.children.filter(isRedirect).flatMap((redirect) => redirectTree(command, redirect, descriptor)),
  ];
}

function redirectTree(command: RedirectedCommand, redirect: SyntaxNode, descriptor?: string): Redirect[] {
  return [...withInner(redirect)].map((node, index) => ({
    node,
    descriptor: normalDescriptor((index === 0 ? descriptor : undefined) ?? descriptorOf(command, node)),
  }));
}

function descriptorOf({ words }: RedirectedCommand, redirect: SyntaxNode): string {
  const text = redirect.text.trimStart();
  const [own = ""] = /^\d*/.exec(text) ?? [];
  if (own !== "") return own;
  const before = siblingOf(redirect, -1);
  const digits = before?.end === redirect.start ? lastDigits(before.text) : undefined;
  if (digits !== undefined) return digits;
  const word = words.find(({ node, text }) => node.end === redirect.start && isNumber(text));
  return word?.text ?? (text.startsWith("<") ? "0" : "1");
}

/** The last field of a text between white space, if it has only digits. */
function lastDigits(text: string): string | undefined {
  return /(?<!\S)\d+(?=\s*$)/.exec(text)?.[0];
}

export function isNumber(text: string | null): text is string {
  return text !== null && /^\d+$/.test(text);
}

/** Removes leading zeros: `02` is descriptor 2. */
export function normalDescriptor(descriptor: string): string {
  return isNumber(descriptor) ? descriptor.replace(/^0+(?=\d)/, "") : descriptor;
}

/** The text of a redirect from its operator on. */
export function operatorText(redirect: SyntaxNode): string {
  return redirect.text.replace(/^\d+/, "");
}

/** Where a redirect leads; null when only the shell can know it or when it names no place. */
export function destinationOf(redirect: SyntaxNode): string | null {
  const destination = childInRole(redirect, "destination");
  return destination === undefined ? null : literalOf(destination);
}

/** The descriptor that a path stands for, such as `/dev/stdin`. */
export function descriptorOfPath(path: string | null): string | undefined {
  const named = { "/dev/stdin": "0", "/dev/stdout": "1", "/dev/stderr": "2" } as Record<string, string>;
  if (path === null) return undefined;
  if (Object.hasOwn(named, path)) return named[path];
  const [, digits] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
  return digits === undefined ? undefined : normalDescriptor(digits);
}
