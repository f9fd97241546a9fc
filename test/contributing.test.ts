import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshRoot } from "./support/context.ts";

const repository = join(import.meta.dirname, "..");
const root = freshRoot("gox-contributing-");
const tree = join(root, "tree");

interface Block {
	readonly kind: string;
	/** The file that it makes or changes; empty for a block of commands. */
	readonly path: string;
	readonly text: string;
}

const blocks: readonly Block[] = [
	...readFileSync(join(repository, "CONTRIBUTING.md"), "utf8").matchAll(/^```(ts|diff|sh) ?(.*)\n([\s\S]*?)^```$/gm),
].map(([, kind = "", path = "", text = ""]) => ({ kind, path, text }));

/** What was run, and the lines that the page shows below it. */
const commands = blocks
	.filter(({ kind }) => kind === "sh")
	.flatMap(({ text }) => text.split(/^\$ /m).slice(1))
	.map((shown) => shown.trimEnd().split("\n"));

beforeAll(() => {
	const left = new Set(["node_modules", "dist", ".git", "bench"]);
	cpSync(repository, tree, { recursive: true, filter: (path) => !left.has(basename(path)) });
	symlinkSync(join(repository, "node_modules"), join(tree, "node_modules"));
	for (const block of blocks) {
		if (block.kind === "ts") writeFileSync(join(tree, block.path), block.text, { flag: "wx" });
		if (block.kind === "diff") change(join(tree, block.path), block.text);
	}
	execFileSync(process.execPath, ["scripts/build.mjs"], { cwd: tree, stdio: "pipe" });
	mkdirSync(join(root, "home"));
	mkdirSync(join(root, "bin"));
	writeFileSync(join(root, "bin/gox"), `#!/bin/sh\nexec ${process.execPath} ${tree}/dist/gox.js "$@"\n`, { mode: 0o755 });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("CONTRIBUTING.md", () => {
	it("has an example of each addition", () => {
		const titles = [...readFileSync(join(repository, "CONTRIBUTING.md"), "utf8").matchAll(/^### (.*)$/gm)].map(
			([, title]) => title,
		);
		expect(titles).toEqual(["A command", "A doctor check", "A mirror", "A shell", "A version file"]);
		expect(commands.length).toBeGreaterThanOrEqual(titles.length);
	});

	it("has examples that type-check", () => {
		writeFileSync(join(tree, "src.json"), JSON.stringify({ extends: "./tsconfig.json", include: ["src"] }));
		const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "src.json"], {
			cwd: tree,
			encoding: "utf8",
		});
		expect(tsc).toMatchObject({ status: 0, stdout: "" });
	});

	it.each(commands)("shows what `%s` prints", (command, ...lines) => {
		const { HOME: _, GOX_HOME: __, ...env } = process.env;
		const ran = spawnSync("/bin/sh", ["-c", command], {
			cwd: tree,
			env: { ...env, HOME: join(root, "home"), SHELL: "/bin/sh", PATH: `${join(root, "bin")}:${env.PATH}`, NO_COLOR: "1" },
			encoding: "utf8",
		});
		for (const line of lines) expect(ran.stdout + ran.stderr).toContain(line);
	});
});

/** Applies a block's hunks, which `@@` divides: each must fit in exactly one place. */
function change(path: string, text: string): void {
	for (const hunk of text.trimEnd().split("\n@@\n")) {
		const lines = hunk.split("\n");
		const side = (mark: string) => lines.filter((line) => line[0] !== mark).map((line) => line.slice(1));
		const parts = readFileSync(path, "utf8").split(side("+").join("\n"));
		expect(parts.length, `${path} has one place for\n${hunk}`).toBe(2);
		writeFileSync(path, parts.join(side("-").join("\n")));
	}
}
