import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { placementsIn, withBlocks } from "../../src/shell/startup.ts";
import { freshRoot } from "../support/context.ts";
import { finish, onPath, type RealShell, realShells } from "./shells.ts";
import { startupCases, unmark } from "./startupcases.ts";

/** The table of places, with real shells as the judges: a block in each place is reached. */
describe("a block where placement puts it is reached", { tags: "fault-27" }, () => {
	for (const shell of realShells) {
		describe.skipIf(shell.path === undefined)(`by ${shell.title} (skipped where it isn't installed)`, () => {
			const own = startupCases.filter(([name, file]) => file.dialect === shell.name && !isBeyond(shell, name));
			it.each(own)("%s", (_name, file, marked) => {
				const { text } = unmark(marked);
				const home = freshRoot();
				const reached = join(home, "reached");
				const block = { statement: `echo "$FLAVOUR" >${reached}`, madeFile: false };
				const path = join(home, "startup");
				writeFileSync(path, Buffer.from(withBlocks(text, placementsIn(text, file), block), "latin1"));
				// Without any other start-up file; what exec starts finds no terminal and ends.
				const env = { HOME: home, PATH: "/usr/bin:/bin", TERM: "dumb", LC_ALL: "C", FLAVOUR: "interactive" };
				finish(shell.path ?? "", [...bare[shell.name], "-i", "-c", `. ${path}`], env);
				expect(existsSync(reached)).toBe(true);
				if (file.role !== "login") return;
				const scripted = join(home, "scripted");
				writeFileSync(path, withBlocks(text, placementsIn(text, file), { ...block, statement: `echo >${scripted}` }), "latin1");
				finish(shell.path ?? "", [...bare[shell.name], "-c", `. ${path}`], env);
				expect(existsSync(scripted)).toBe(true);
			});
		});
	}
});

/**
 * What the shell itself can't read. fish reads a whole file before it runs any of it: of one that doesn't parse it runs
 * nothing.
 */
function isBeyond(shell: RealShell, name: string): boolean {
	if (shell.name === "fish") return name === "a block of fish that never ends";
	return name.endsWith("(bash 4)") && shell.name === "bash" && majorVersion(shell) < 4;
}

function majorVersion(shell: RealShell): number {
	return shell.path === undefined ? 0 : Number(finish(shell.path, ["-c", "echo $BASH_VERSINFO"], {}).out);
}

const bare = { zsh: ["-f"], bash: ["--noprofile", "--norc"], fish: ["-N"] } as const;

describe.skipIf(onPath("bash") === undefined)("a CRLF file", { tags: "fault-27" }, () => {
	it("has a block that works", () => {
		const home = freshRoot();
		const text = withBlocks("# comment\r\n", [11], {
			statement: `echo yes >"$HOME/reached"; if [ -r /dev/null ]; then :; fi`,
			madeFile: false,
		});
		writeFileSync(join(home, "startup"), text);
		const { err } = finish(onPath("bash") ?? "", ["-c", `. "${home}/startup"`], { HOME: home, PATH: "/usr/bin:/bin" });
		expect(err).toBe("");
		expect(existsSync(join(home, "reached"))).toBe(true);
	});
});
