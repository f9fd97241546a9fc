import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ShellSandbox } from "./sandbox.ts";
import { onPath, realShells } from "./shells.ts";

/** A shell at a real terminal, with line editing and prompts; tmux tells when a command has run, so nothing waits. */
const tmux = onPath("tmux");
for (const shell of realShells) {
	describe.skipIf(shell.path === undefined || tmux === undefined)(`${shell.title} at a terminal (needs tmux)`, () => {
		const sandbox = new ShellSandbox();
		// A server of its own for each test: the last one may still be ending.
		let server = 0;
		beforeEach(() => void server++);
		const call = (...args: string[]) =>
			spawnSync(tmux ?? "", ["-S", join(sandbox.root, `tmux${server}`), "-f", "/dev/null", ...args], {
				encoding: "utf8",
				env: { ...sandbox.env(), SHELL: "/bin/sh" },
				timeout: 60_000,
			});
		afterEach(() => void call("kill-server"));

		/** Types lines, each to its end; a tab in them is the key. */
		function typing(): (line: string) => void {
			let steps = 0;
			return (line) => {
				steps++;
				const [first = "", ...others] = `${line}; ${tmux} -S "$ROOT/tmux${server}" wait-for -S step${steps}`.split("\t");
				call("send-keys", "-l", first);
				for (const other of others) {
					call("send-keys", "Tab");
					call("send-keys", "-l", other);
				}
				call("send-keys", "Enter");
				expect(call("wait-for", `step${steps}`).status).toBe(0);
			};
		}

		it("reads its start-up files, chooses, announces, and comes back to a prompt", async () => {
			await sandbox.setUp(shell);
			const started = call("new-session", "-d", "-x", "300", "-y", "50", "-c", sandbox.root, shell.path ?? "", "-l", "-i");
			expect(started.stderr).toBe("");
			const type = typing();
			type("gox use 1.21");
			type('cd "$P/b"; go version');
			type("gox use --unset");
			type('cd "$P/a/deep"');
			type("cd er");
			type("echo the end");
			// Once this has run, tmux has read what came before it.
			type(":");
			const screen = call("capture-pane", "-p", "-S", "-").stdout;
			// What is typed before the prompt is there is echoed in front of what the hook then says.
			const said = screen.split("\n").flatMap((line) => /(?:gox: .*|^go says.*|^the end.*)$/.exec(line)?.[0] ?? []);
			expect([...said].sort()).toEqual(
				[
					"gox: go1.21.13 in this shell (GOX_VERSION=1.21)",
					"gox: go1.22.5 (1.21)",
					"go says 1.21",
					"gox: this shell chooses no version any more",
					`gox: go1.22.5 (${join(sandbox.projects, "a/deep")})`,
					"the end",
				].sort(),
			);
			expect(sandbox.calls()).toEqual(expect.arrayContaining(["gox current @1.21", "go version @1.21", "gox current @"]));
		});

		it("completes, from the first Tab on, with what the program then prints once", async () => {
			await sandbox.setUp(shell);
			sandbox.completions(shell);
			if (shell.name === "zsh") sandbox.addTo(".zshrc", "autoload -Uz compinit; compinit -D -u\n");
			sandbox.file("log.file", "");
			sandbox.calls();
			call("new-session", "-d", "-x", "300", "-y", "50", "-c", sandbox.root, shell.path ?? "", "-l", "-i");
			const type = typing();
			type("gox use 1.21.1\t");
			type("gox use --uns\t");
			type("gox un\t 1.20.\t");
			type("gox exec 1.21 -- cat log.fi\t");
			type("gox install --platform linux-am\t");
			type(":");
			const calls = sandbox.calls().map((line) => line.replace(/ +@.*/, ""));
			expect(calls).toEqual([
				`gox completions ${shell.name}`,
				"gox uninstall 1.20.0",
				"gox exec 1.21 -- cat log.file",
				"gox install --platform linux-amd64",
			]);
			const screen = call("capture-pane", "-p", "-S", "-").stdout;
			expect(screen).toContain("gox: go1.21.13 in this shell (GOX_VERSION=1.21.13)");
			expect(screen).toContain("gox: this shell chooses no version any more");
		});
	});
}
