import { edit, finish, run, type Scenario } from "../scenario.ts";
import type { Step } from "../scripted-model.ts";

/** One red pixel. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

type Edits = (at: (name: string) => string) => Step[];

function editing(name: string, steps: Edits): Scenario {
  return {
    name,
    script: (workspace) => [...steps((file) => (file === "" ? workspace : `${workspace}/${file}`)), finish],
  };
}

function create(path: string, file_text: string): Step {
  return edit({ command: "create", path, file_text });
}

export const editorScenarios: Scenario[] = [
  editing("create, view and change a file", (at) => [
    create(at("a.txt"), "one\ntwo\n"),
    edit({ command: "view", path: at("a.txt") }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "two", new_str: "three" }),
    edit({ command: "insert", path: at("a.txt"), insert_line: 1, new_str: "and" }),
    edit({ command: "undo_edit", path: at("a.txt") }),
    edit({ command: "undo_edit", path: at("a.txt") }),
    run("cat a.txt"),
  ]),
  editing("create mistakes", (at) => [
    create(at("a.txt"), "one\n"),
    create(at("a.txt"), "two\n"),
    create("relative.txt", "x"),
    edit({ command: "create", path: at("b.txt") }),
    create(at(""), "x"),
    create(at("empty.txt"), ""),
    create(at("no-newline.txt"), "x"),
  ]),
  editing("create in a folder that is not there", (at) => [create(at("new/a.txt"), "one\n")]),
  editing("view mistakes", (at) => [
    create(at("a.txt"), "one\ntwo\nthree\n"),
    edit({ command: "view", path: "relative.txt" }),
    edit({ command: "view", path: at("missing.txt") }),
    edit({ command: "view", path: at("a.txt"), view_range: [0, 2] }),
    edit({ command: "view", path: at("a.txt"), view_range: [2] }),
    edit({ command: "view", path: at("a.txt"), view_range: [3, 2] }),
    edit({ command: "view", path: at("a.txt"), view_range: [9, 12] }),
    edit({ command: "view", path: at(""), view_range: [1, 2] }),
  ]),
  editing("view ranges", (at) => [
    create(at("a.txt"), "one\ntwo\nthree\nfour\n"),
    edit({ command: "view", path: at("a.txt"), view_range: [2, 3] }),
    edit({ command: "view", path: at("a.txt"), view_range: [3, -1] }),
    edit({ command: "view", path: at("a.txt"), view_range: [2, 99] }),
    edit({ command: "view", path: at("a.txt"), view_range: [2, 2] }),
  ]),
  editing("view folders", (at) => [
    run(
      "mkdir -p a/b/c .hidden && touch a/one a/b/two a/b/c/three .dot top && git init -q . 2>/dev/null; true",
    ),
    edit({ command: "view", path: at("") }),
    edit({ command: "view", path: at("a") }),
    edit({ command: "view", path: `${at("a")}/` }),
  ]),
  editing("view images and other bytes", (at) => [
    run(`echo ${PNG} | base64 -d > red.png; printf '\\0\\1\\2' > blob.bin; printf 'caf\\351\\n' > latin.txt`),
    edit({ command: "view", path: at("red.png") }),
    edit({ command: "view", path: at("blob.bin") }),
    edit({ command: "view", path: at("latin.txt") }),
  ]),
  editing("view a long file", (at) => [
    run("seq 1 5000 > long.txt"),
    edit({ command: "view", path: at("long.txt") }),
    edit({ command: "view", path: at("long.txt"), view_range: [4000, 4003] }),
  ]),
  editing("str_replace mistakes", (at) => [
    create(at("a.txt"), "one\ntwo\none\n"),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "four", new_str: "x" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "one", new_str: "x" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "two", new_str: "two" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "two" }),
    edit({ command: "str_replace", path: at("a.txt"), new_str: "x" }),
    edit({ command: "str_replace", path: at("missing.txt"), old_str: "a", new_str: "b" }),
    edit({ command: "str_replace", path: at(""), old_str: "a", new_str: "b" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "", new_str: "b" }),
  ]),
  editing("str_replace in many ways", (at) => [
    create(at("a.txt"), "one\n  two\n\tthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n"),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "one\n  two", new_str: "1\n  2\n  2b" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "\n\tthree\n", new_str: "\n" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "  six  ", new_str: "6" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "ten\n", new_str: "" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "(.*)$&", new_str: "x" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "five", new_str: "$& \\1" }),
    run("cat -A a.txt"),
  ]),
  editing("line ends and encodings are kept", (at) => [
    run("printf 'one\\r\\ntwo\\r\\n' > crlf.txt; printf 'caf\\351 un\\n' > latin.txt"),
    edit({ command: "str_replace", path: at("crlf.txt"), old_str: "one", new_str: "1" }),
    edit({ command: "str_replace", path: at("latin.txt"), old_str: "un", new_str: "deux" }),
    run("cat -A crlf.txt latin.txt"),
  ]),
  editing("insert", (at) => [
    create(at("a.txt"), "one\ntwo\n"),
    edit({ command: "insert", path: at("a.txt"), insert_line: 0, new_str: "zero" }),
    edit({ command: "insert", path: at("a.txt"), insert_line: 3, new_str: "end\nof it" }),
    edit({ command: "insert", path: at("a.txt"), insert_line: 99, new_str: "x" }),
    edit({ command: "insert", path: at("a.txt"), insert_line: -1, new_str: "x" }),
    edit({ command: "insert", path: at("a.txt"), new_str: "x" }),
    edit({ command: "insert", path: at("a.txt"), insert_line: 1 }),
    edit({ command: "insert", path: at(""), insert_line: 1, new_str: "x" }),
    run("cat -A a.txt"),
  ]),
  editing("undo", (at) => [
    create(at("a.txt"), "one\n"),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "one", new_str: "two" }),
    edit({ command: "str_replace", path: at("a.txt"), old_str: "two", new_str: "three" }),
    edit({ command: "undo_edit", path: at("a.txt") }),
    edit({ command: "undo_edit", path: at("a.txt") }),
    run("cat a.txt; echo hi > other.txt"),
    edit({ command: "undo_edit", path: at("other.txt") }),
    edit({ command: "undo_edit", path: at("missing.txt") }),
  ]),
  editing("an editor command that is none", (at) => [
    edit({ command: "delete", path: at("a.txt") }),
    edit({ path: at("") }),
    edit({ command: "view" }),
  ]),
];
