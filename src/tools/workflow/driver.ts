/**
 * The Python program that runs a workflow script, on the machine of the conversation. It speaks lines of JSON: the
 * script comes in first, then come answers to calls; calls and the end go out. Its input ends with the server, and so
 * does it.
 *
 * A script is checked before it runs, as the reference checks one, and sees few names. That keeps honest scripts to
 * what workflows are for; it is not the wall: the program has the rights of any program that the agent could start
 * itself.
 */
export const DRIVER = String.raw`
import ast, asyncio, inspect, io, json, os, sys, threading

MAX_SCRIPT = 20_000
MAX_REDUCED = 12_000
MAX_PROMPT = 1_000_000
MAX_RESULT = 1_000_000
CUT = "\n... [the rest of the intermediate results is left out]"
FORBIDDEN_CALLS = {
    "breakpoint", "compile", "delattr", "dir", "eval", "exec", "getattr", "globals", "input", "locals", "open",
    "setattr", "vars", "__import__",
}
FORBIDDEN_ROOTS = {"os", "subprocess"}

try:
    Group = ExceptionGroup
except NameError:

    class Group(Exception):
        def __init__(self, message, exceptions):
            super().__init__(message, exceptions)
            self.exceptions = tuple(exceptions)

        def __str__(self):
            count = len(self.exceptions)
            return f"{self.args[0]} ({count} sub-exception{'s' if count != 1 else ''})"


class ScriptError(ValueError):
    pass


def check(script):
    if len(script) > MAX_SCRIPT:
        raise ScriptError(f"The workflow script is too long: {len(script)} > {MAX_SCRIPT} characters")
    try:
        tree = ast.parse(script)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ScriptError(f"The workflow script is not valid Python: {error}") from error
    mains = [node for node in tree.body if isinstance(node, ast.AsyncFunctionDef) and node.name == "main"]
    if len(mains) != 1:
        raise ScriptError("A workflow script must define exactly one async main(wf)")
    given = mains[0].args
    others = [given.kwonlyargs, given.vararg, given.kwarg, given.defaults, given.posonlyargs]
    if [one.arg for one in given.args] != ["wf"] or any(others):
        raise ScriptError("The entry point of a workflow must be ${"`"}async def main(wf):${"`"}")
    for node in ast.walk(tree):
        check_node(node)
    return tree


def check_node(node):
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        raise ScriptError("Workflow scripts may not import modules")
    if isinstance(node, ast.Name) and node.id.startswith("__"):
        raise ScriptError("Workflow scripts may not use dunder names")
    if isinstance(node, ast.Attribute):
        root = root_of(node)
        if node.attr.startswith("__"):
            raise ScriptError("Workflow scripts may not use dunder attributes")
        if root == "wf" and (node.attr.startswith("_") or node.attr == "close"):
            raise ScriptError("Workflow scripts may not use private wf attributes or call wf.close()")
        if root in FORBIDDEN_ROOTS:
            raise ScriptError("Workflow scripts may not use unsafe modules")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FORBIDDEN_CALLS:
        raise ScriptError(f"Workflow scripts may not call ${"`"}{node.func.id}${"`"}")


def root_of(node):
    value = node.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else None


def names_of_script():
    def say(*values, sep=" ", end="\n", **_):
        sys.stderr.write((" " if sep is None else str(sep)).join(map(str, values)) + ("\n" if end is None else str(end)))

    known = [
        abs, all, any, bool, dict, enumerate, Exception, float, IndexError, int, isinstance, KeyError, len, list, max, min,
        range, repr, round, RuntimeError, set, sorted, str, sum, tuple, type, TypeError, ValueError, zip, format,
    ]
    return {"__builtins__": {**{one.__name__: one for one in known}, "print": say}}


class Host:
    def __init__(self, output):
        self.output = output
        self.lock = threading.Lock()
        self.waiting = {}
        self.number = 0

    def write(self, message):
        line = json.dumps(message).encode() + b"\n"
        with self.lock:
            self.output.write(line)
            self.output.flush()

    async def call(self, message):
        self.number += 1
        number = self.number
        answer = asyncio.get_running_loop().create_future()
        self.waiting[number] = answer
        self.write({"call": number, **message})
        return await answer

    def finish(self, end, text):
        if len(text) > MAX_RESULT:
            text = text[:MAX_RESULT] + "\n... [the rest is left out]"
        self.write({"end": end, "text": text})
        os._exit(0)

    def read(self, source, loop):
        for line in iter(source.readline, b""):
            answer = json.loads(line)
            loop.call_soon_threadsafe(self.settle, answer)
        os._exit(1)

    def settle(self, answer):
        waiting = self.waiting.pop(answer["call"], None)
        if waiting is None or waiting.done():
            return
        if "error" in answer:
            waiting.set_exception(RuntimeError(answer["error"]))
        else:
            waiting.set_result(answer["result"])


def workflow(host, limit):
    shared = asyncio.Semaphore(limit)

    async def ask(prompt, subagent_type, description):
        if not isinstance(prompt, str) or not isinstance(subagent_type, str):
            raise TypeError("prompt and subagent_type must be texts")
        if len(prompt) > MAX_PROMPT:
            raise ValueError(f"A prompt may have {MAX_PROMPT} characters, not {len(prompt)}")
        label = None if description is None else str(description)[:1000]
        return await host.call({"prompt": prompt, "subagent_type": subagent_type, "description": label})

    class Workflow:
        __slots__ = ()

        async def run_agent(self, prompt, subagent_type="general-purpose", description=None):
            async with shared:
                return await ask(prompt, subagent_type, description)

        async def map_agents(
            self, items, prompt, subagent_type="general-purpose", max_concurrency=None, description=None
        ):
            if max_concurrency is not None and max_concurrency < 1:
                raise ValueError("max_concurrency must be at least 1")
            places = shared if max_concurrency is None else asyncio.Semaphore(min(max_concurrency, limit))

            async def one(index, item):
                words = fill(prompt, item)
                label = None if description is None else fill(description, item)
                # Both, so that several maps at once keep to the limit of the workflow.
                async with places:
                    try:
                        if places is shared:
                            return await ask(words, subagent_type, label)
                        async with shared:
                            return await ask(words, subagent_type, label)
                    except Exception as error:
                        raise RuntimeError(f"[item {index + 1}] {error}") from error

            results = await asyncio.gather(
                *(one(index, item) for index, item in enumerate(items)), return_exceptions=True
            )
            failures = [result for result in results if isinstance(result, BaseException)]
            if failures:
                faults = [one if isinstance(one, Exception) else RuntimeError(str(one)) for one in failures]
                raise Group("map_agents: one or more sub-agents failed", faults)
            return results

        async def reduce_agent(self, items, prompt, subagent_type="general-purpose", description=None):
            return await self.run_agent(f"{prompt}\n\nInput:\n{shown(items)}", subagent_type, description)

        async def pipeline(self, items, *stages):
            if not stages:
                raise ValueError("pipeline requires at least one stage")

            async def chain(index, item):
                value = item
                try:
                    for stage in stages:
                        result = stage(value)
                        value = await result if inspect.isawaitable(result) else result
                    return value
                except Exception as error:
                    sys.stderr.write(f"pipeline: item {index + 1} failed: {error}\n")
                    return None

            return list(await asyncio.gather(*(chain(index, item) for index, item in enumerate(items))))

        def flatten(self, values):
            return [one for value in values for one in (value if isinstance(value, list) else [value])]

    return Workflow()


def fill(template, item):
    if callable(template):
        return str(template(item))
    # Not str.format, which would reach attributes of the item.
    return template.replace("{item}", item if isinstance(item, str) else json.dumps(item, default=str))


def shown(value):
    if isinstance(value, (list, dict)):
        return shown_parts(value)
    return cut(value if isinstance(value, str) else json.dumps(value, default=str))


def cut(text):
    return text if len(text) <= MAX_REDUCED else text[:MAX_REDUCED] + CUT


def shown_parts(value):
    parts = list(value.items()) if isinstance(value, dict) else value

    def render(count):
        kept = parts[:count]
        body = json.dumps(dict(kept) if isinstance(value, dict) else kept, indent=2, default=str)
        if count == len(parts):
            return body
        return f"{body}\n... [{len(parts) - count} of {len(parts)} items left out: the input of a reduction is limited]"

    low, high = min(1, len(parts)), len(parts)
    while low < high:
        middle = (low + high + 1) // 2
        if len(render(middle)) <= MAX_REDUCED:
            low = middle
        else:
            high = middle - 1
    return cut(render(low))


async def run(request, host, source):
    loop = asyncio.get_running_loop()
    threading.Thread(target=host.read, args=(source, loop), daemon=True).start()
    tree = check(request["script"])
    names = names_of_script()
    exec(compile(tree, "<workflow>", "exec"), names)
    main = names.get("main")
    if not inspect.iscoroutinefunction(main):
        raise ScriptError("The entry point of a workflow must be async")
    seconds = request["seconds"]
    late = f"The workflow did not end within {seconds:.0f} seconds"
    # For a script that never waits, or that catches everything.
    watchdog = threading.Timer(seconds + 2, host.finish, ("error", late))
    watchdog.daemon = True
    watchdog.start()
    try:
        return await asyncio.wait_for(main(workflow(host, request["max_concurrency"])), seconds)
    except asyncio.TimeoutError:
        raise ScriptError(late) from None


def words(error):
    if isinstance(error, Group):
        details = "\n".join(f"  [{index}] {one}" for index, one in enumerate(error.exceptions, start=1))
        return f"{error.args[0]}:\n{details}"
    return str(error) or type(error).__name__


def start():
    source = sys.stdin.buffer
    output = os.fdopen(os.dup(1), "wb")
    # What a script might print stays out of the lines.
    os.dup2(2, 1)
    request = json.loads(source.readline())
    host = Host(output)
    try:
        end, text = "completed", str(asyncio.run(run(request, host, source)))
    except BaseException as error:
        end, text = "error", words(error)
    host.finish(end, text)


start()
`;
