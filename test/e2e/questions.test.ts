import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";
import { atTerminal, script } from "../support/terminal.ts";

/** One command that asks. */
interface Asking {
	readonly words: readonly string[];
	/** What makes it ask. */
	readonly prepare?: (box: Sandbox) => unknown;
}

const goEnv = process.platform === "darwin" ? "user/Library/Application Support/go/env" : "user/.config/go/env";
const project = '<?xml version="1.0" encoding="UTF-8"?>\n<project version="4">\n</project>\n';

const asking: readonly Asking[] = [
	{ words: ["setup", "--shell", "bash"] },
	{ words: ["setup", "--undo"], prepare: (box) => box.gox(["setup", "--shell", "bash", "--yes"]) },
	{ words: ["editor", "vscode", "--settings", "settings.json"] },
	{
		words: ["editor", "vscode", "--workspace"],
		prepare: (box) => box.write({ ".vscode/settings.json": '{ "go.goroot": "/usr/local/go" }\n' }),
	},
	{ words: ["editor", "goland", "--write"], prepare: (box) => box.write({ ".idea/workspace.xml": project }) },
	{ words: ["editor", "neovim", "--write"] },
	{ words: ["proxy", "use", "mirror", "http://127.0.0.1:9", "--force"] },
	{ words: ["doctor", "--fix", "--offline"], prepare: (box) => box.write({ [goEnv]: "GOROOT=/nowhere\n" }) },
	{
		words: ["prune"],
		// The first that is installed becomes the default, which stays.
		prepare: async (box) => {
			for (const version of ["1.90.2", "1.90.1"]) await box.gox(["install", version], { env: mirror.env });
		},
	},
	{ words: ["mirror", "test", "--only", "MIRROR"] },
	{
		words: ["import", "--files", "src"],
		prepare: (box) => box.write({ "src/p/mise.toml": '[tools]\ngo = "1.22.5"\n' }),
	},
];

let mirror: Mirror;
beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.90.2"].map((version) => ({ version, platform: hostPlatform })));
});
afterAll(() => mirror.close());

const [ctrlC, ctrlD] = ["\u0003", "\u0004"];

describe.each(asking)("gox $words", ({ words: declared, prepare }) => {
	const words = () => declared.map((word) => word.replace("MIRROR", mirror.server.mirror));
	let box: Sandbox;
	let before: ReturnType<typeof contents>;
	const prepared = async () => {
		box = new Sandbox({ GOX_INDEX: mirror.server.index, GOENV: undefined });
		await prepare?.(box);
		before = contents(box);
	};

	it("changes nothing without a terminal and without --yes: exit 2, and the command to paste; with --yes it does", async () => {
		await prepared();
		const { status, stderr } = await box.gox(words());
		expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/^ {2}gox .* --yes$/m) });
		expect(stderr).toContain("nothing was changed");
		const { status: again, stdout } = await box.gox([...words(), "--json"]);
		expect([again, JSON.parse(stdout)]).toEqual([
			2,
			{ error: { code: "usage", message: expect.any(String), hint: expect.stringMatching(/ --json --yes$/) } },
		]);
		expect(contents(box)).toEqual(before);
		expect((await box.gox([...words(), "--yes"])).status).toBeLessThan(2);
		expect(contents(box)).not.toEqual(before);
	});

	it.skipIf(script === undefined)("at a terminal: a no, Ctrl-D and Ctrl-C change nothing (skipped without script)", async () => {
		await prepared();
		for (const keys of ["n\n", ctrlD]) {
			const { status, screen } = await atTerminal(box, words(), keys);
			expect([status, screen]).toEqual([0, expect.stringMatching(/^nothing was (?:changed|removed)$/m)]);
			expect(contents(box)).toEqual(before);
		}
		const { status, screen } = await atTerminal(box, words(), ctrlC);
		expect([status, screen]).toEqual([130, expect.stringMatching(/^gox: interrupted/m)]);
		expect(screen).not.toContain("report it");
		expect(contents(box)).toEqual(before);
	});

	it.skipIf(script === undefined)("at a terminal: a yes does it (skipped without script)", async () => {
		await prepared();
		const { status } = await atTerminal(box, words(), "y\n");
		expect(status).toBeLessThan(2);
		expect(contents(box)).not.toEqual(before);
	});
});

describe("gox auto-install, which the shim calls", () => {
	let box: Sandbox;
	const words = () => ["auto-install", "1.90.1", "--asked-by", join(box.root, "p/.go-version")];
	const prepared = () => {
		box = new Sandbox(mirror.env);
		box.write({ "p/.go-version": "1.90.1\n" });
	};

	it("installs nothing without a terminal, and leaves the message to the shim: exit 0", async () => {
		prepared();
		expect((await box.gox(words())).status).toBe(0);
		expect(box.names("versions")).toEqual([]);
	});

	it.skipIf(script === undefined).each([
		["n\n", 0, []],
		[ctrlD, 0, []],
		[ctrlC, 130, []],
		["\n", 0, ["go1.90.1"]],
	])("at a terminal: %j is exit %i (skipped without script)", async (keys, status, installed) => {
		prepared();
		const answered = await atTerminal(box, words(), keys);
		expect({ ...answered, installed: box.names("versions") }).toEqual({ status, installed, screen: expect.any(String) });
		expect(answered.screen).not.toContain("report it");
	});
});

it.skipIf(process.platform !== "linux" || script === undefined)(
	"a terminal that is gone when gox asks is a no (skipped but on Linux with script)",
	async () => {
		const box = new Sandbox();
		const status = join(box.root, "status");
		const screen = join(box.root, "screen");
		// In a session of its own, no signal tells gox that the terminal went.
		const command = [
			`set -- ${[...box.program, "setup", "--shell", "bash"].join(" ")}`,
			"exec 3<&0",
			`setsid sh -c '"$@"; echo $? >${status}' x "$@" <&3 &`,
			`until grep -q 'Y/n' ${screen}; do sleep 0.1; done`,
		];
		await box.run(script ?? "", ["-qefc", command.join("\n"), screen], { env: { SHELL: "/bin/sh" } });
		await expect.poll(() => existsSync(status) && readFileSync(status, "utf8"), { timeout: 10_000 }).toBe("0\n");
		expect(existsSync(join(box.root, "user/.bashrc"))).toBe(false);
	},
);

/** Every file that a command may change: not caches, and not what each command leaves in the store anyway. */
function contents(box: Sandbox): readonly string[] {
	const below = (path: string): string[] =>
		readdirSync(join(box.root, path), { withFileTypes: true }).flatMap((entry) => {
			const each = join(path, entry.name);
			const full = join(box.root, each);
			if (/(?:^|\/)(?:\.cache|Caches|tmp|locks|journal)$/.test(each)) return [];
			if (entry.isSymbolicLink()) return [`${each} -> ${readlinkSync(full)}`];
			if (entry.isDirectory()) return below(each);
			return [`${each} ${lstatSync(full).mode} ${createHash("sha256").update(readFileSync(full)).digest("hex")}`];
		});
	return below(".").sort();
}
