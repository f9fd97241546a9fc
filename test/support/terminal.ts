import { spawn } from "node:child_process";
import { shQuote } from "../../src/shell/shell.ts";
import { onPath } from "../shell/shells.ts";
import type { Sandbox } from "./sandbox.ts";

/** What opens a terminal of its own for a command, and passes on what it reads from a pipe. */
export const script = onPath("script");

export interface Answered {
	readonly status: number | null;
	/** Everything that the terminal showed. */
	readonly screen: string;
}

/** Runs gox at a terminal, and types `keys` at each of its questions: `\u0003` is Ctrl-C, `\u0004` Ctrl-D. */
export function atTerminal(box: Sandbox, args: readonly string[], keys: string): Promise<Answered> {
	const command = [...box.program, ...args];
	// util-linux wants the command as one word, and passes its status on only with -e; macOS's takes it as it is.
	const words =
		process.platform === "darwin"
			? ["-q", "/dev/null", ...command]
			: ["-qec", command.map((word) => shQuote(word)).join(" "), "/dev/null"];
	return new Promise((done, fail) => {
		const child = spawn(script ?? "", words, {
			cwd: box.root,
			env: { ...box.env, PWD: box.root, TERM: "dumb", SHELL: "/bin/sh" },
		});
		let screen = "";
		let answered = 0;
		child.stdout.setEncoding("utf8").on("data", (text: string) => {
			screen += text;
			const asked = [...screen.matchAll(/(?:\[[Yy]\/[Nn]\]|or no:) /g)].length;
			for (; answered < asked; answered++) child.stdin.write(keys);
		});
		child.stdin.on("error", () => {});
		child.on("error", fail);
		child.on("close", (status) => done({ status, screen: screen.replaceAll("\r\n", "\n") }));
	});
}
