export const patchDescription = `Changes files by a patch: adds, updates, moves and deletes several at once. Either all of a patch is carried out \
or, when any part of it does not fit, nothing.

A patch begins with the line \`*** Begin Patch\`, ends with the line \`*** End Patch\`, and has one section for each file:

* \`*** Add File: <path>\`: the lines of the new file follow, each with \`+\` before it.
* \`*** Delete File: <path>\`: nothing follows.
* \`*** Update File: <path>\`: the changes follow. The next line may be \`*** Move to: <path>\`.

Each change shows lines of the file as they are: a space before a line that stays, \`-\` before one that goes, \`+\` before a new \
one. Show about three lines that stay above and below, more where they occur several times. A line \`@@\` stands between two \
changes; \`@@ <line>\` says that the change is below that line of the file, for example the head of a class or function. \
\`*** End of File\` after a change says that it is at the end.

*** Begin Patch
*** Update File: src/greet.py
@@ def greet(name):
     """Greets somebody."""
-    print("Hi " + name)
+    print(f"Hello {name}!")
     return name
*** Add File: docs/greet.md
+# Greetings
*** End Patch

Paths start in the working directory and must not lead out of it.`;
