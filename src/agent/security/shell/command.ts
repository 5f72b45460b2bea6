import { isNumber, redirectsAround, redirectsOf, withInner } from "./redirect.ts";
import { descendants, type SyntaxNode } from "./syntax-node.ts";
import { type Word, wordOf } from "./word.ts";

/** A command as it is written: its name, then its words, without redirects and assignments. */
export interface Command {
  readonly node: SyntaxNode;
  readonly name: Word | null;
  readonly words: readonly Word[];
}

/** The program that a command would run, with its words. */
export interface Invocation {
  /** The program without its folder; null when only the shell can know it. */
  readonly name: string | null;
  readonly words: readonly Word[];
  /** Whether what runs, or with which words, could not be found out. */
  readonly isUncertain: boolean;
  /** Whether the name may be a builtin of the shell: a path never is. */
  readonly mayBeBuiltin: boolean;
  /** Whether the name may be a keyword of the shell: quotes and escapes take that away. */
  readonly mayBeKeyword: boolean;
}

const NOT_A_WORD = new Set(["comment", "redirected_statement", "variable_assignment", "command_name"]);

/** All commands of a tree, also those in substitutions, in the order of the text. */
export function commandsOf(root: SyntaxNode): Command[] {
  const nodes = [...descendants(root)].filter(({ type }) => type === "command");
  return nodes.map(commandOf);
}

function commandOf(node: SyntaxNode): Command {
  const at = node.children.findIndex(({ type }) => type === "command_name");
  const name = node.children[at];
  const own = name === undefined ? [] : node.children.slice(at + 1).filter(isWord);
  const words = [...own, ...wordsAmongRedirects(node)].sort((one, other) => one.start - other.start);
  return { node, name: name === undefined ? null : wordOf(name), words: words.map(wordOf) };
}

function isWord(node: SyntaxNode): boolean {
  return !NOT_A_WORD.has(node.type) && !node.type.includes("redirect");
}

/** Words that follow a redirect. The grammar takes them for more destinations: `rm >log -rf /`. */
function wordsAmongRedirects(command: SyntaxNode): SyntaxNode[] {
  const redirects = redirectsAround(command);
  const starts = new Set(redirects.flatMap((redirect) => [...withInner(redirect)]).map(({ start }) => start));
  return redirects.flatMap((redirect) => [...wordsOfRedirect(redirect, starts)]);
}

function* wordsOfRedirect(redirect: SyntaxNode, starts: ReadonlySet<number>): Generator<SyntaxNode> {
  let hasDestination = false;
  for (const child of redirect.children) {
    if (child.field === "argument") yield child;
    if (child.field === "redirect") yield* wordsOfRedirect(child, starts);
    if (child.field !== "destination") continue;
    const isDescriptor = isNumber(child.text) && starts.has(child.end);
    if (hasDestination && !isDescriptor) yield child;
    hasDestination = true;
  }
}

/** Finds out what a command would run. Wrappers such as `sudo` are programs here: see `throughWrappers`. */
export function invocationOf(command: Command): Invocation {
  const { name, words } = withoutLeadingDescriptor(command);
  const literal = name?.literal ?? null;
  const isPlain = literal !== null && !literal.includes("/");
  return {
    name: literal === null || name?.mayMultiply ? null : baseName(literal),
    words,
    isUncertain: name !== null && (literal === null || name.mayMultiply),
    mayBeBuiltin: isPlain,
    mayBeKeyword: isPlain && name?.text === literal,
  };
}

/** In `2>log rm`, error recovery can take the descriptor for the name. */
function withoutLeadingDescriptor(command: Command): Pick<Command, "name" | "words"> {
  const { name, words } = command;
  const [first, ...others] = words;
  if (name === null || first === undefined || !isNumber(name.text)) return command;
  const isDescriptor = redirectsOf(command).some(({ node }) => node.start === name.node.end);
  return isDescriptor ? { name: first, words: others } : command;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
