import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { select } from "../../src/select/select.ts";
import { onPath } from "../shell/shells.ts";
import { installShims, nativeShim } from "../shim/native.ts";
import { freshRoot, testContext } from "../support/context.ts";

const go = onPath("go");

/** Where Go is started, with which PWD (`PATH-OF-IT` is the truth), how it is called, and the file that then counts. */
const situations: readonly (readonly [cwd: string, pwd: string | undefined, args: readonly string[], file: string])[] = [
	["p", "p", [], "p/go.mod"],
	["e/m", "e/m", [], "e/go.mod"],
	["e/m", "p/link", [], "p/go.mod"],
	["e/m", undefined, [], "e/go.mod"],
	["e/m", "p", [], "e/go.mod"],
	["p", "p", ["-C", "link"], "e/go.mod"],
	["p", "p", ["-C=link"], "e/go.mod"],
	["p", "p", ["-C", "./link/"], "e/go.mod"],
	["p", "p", ["-C", "link/.."], "e/go.mod"],
	["p", "p", ["-C", "link/../m/deep"], "e/m/deep/go.mod"],
	["p", "p/link", ["-C", "link"], "p/go.mod"],
	["p", "p/link", ["-C", "link/deep/.."], "p/go.mod"],
	["e/m", "p/link", ["-C", "."], "p/go.mod"],
	["e/m", "p/link", ["-C", "deep"], "e/m/deep/go.mod"],
	["e/m", "p/link", ["-C", "other"], "e/go.mod"],
	["e/m", "p/link", ["-C", ".."], "e/go.mod"],
	["p", "p", ["-C", "$ROOT/p/link"], "e/go.mod"],
	["w/m", "w/m", [], "w/go.work"],
	["w/m", "w/m", ["-C", ".."], "w/go.work"],
	["p", "p", ["-C", "../w/m"], "w/go.work"],
];

describe.skipIf(go === undefined)("the go.mod or go.work that counts, against a real Go (needs go)", () => {
	let root: string;
	beforeAll(() => {
		root = freshRoot("gox-start-");
		for (const [path, text] of Object.entries({
			"p/go.mod": "module p\n\ngo 1.21\n",
			"e/go.mod": "module e\n\ngo 1.21\n",
			"e/m/other/x": "",
			"e/m/deep/go.mod": "module deep\n\ngo 1.21\n",
			"w/go.work": "go 1.21\n\nuse ./m\n",
			"w/m/go.mod": "module m\n\ngo 1.21\n",
			"gox/aliases/x": "",
		})) {
			mkdirSync(dirname(join(root, path)), { recursive: true });
			writeFileSync(join(root, path), text);
		}
		symlinkSync("../e/m", join(root, "p/link"));
		mkdirSync(join(root, "gox/shims"));
		installShims(nativeShim(join(root, "built")), join(root, "gox/shims"));
	});
	afterAll(() => rmSync(root, { recursive: true, force: true }));

	it.each(situations)("in %s with PWD %s, go %j: %s", (cwd, pwd, words, file) => {
		const args = words.map((word) => word.replace("$ROOT", root));
		const env = {
			HOME: root,
			PATH: "/usr/bin:/bin",
			GOX_HOME: join(root, "gox"),
			GOTOOLCHAIN: "local",
			GOFLAGS: "",
			...(pwd !== undefined && { PWD: join(root, pwd) }),
		};
		// Node itself would set no PWD, and a shell in between would correct it.
		const real = spawnSync(go ?? "", [...args, "env", "GOWORK", "GOMOD"], { cwd: join(root, cwd), env, encoding: "utf8" });
		const [work, mod] = real.stdout.split("\n");
		expect(work || mod, real.stderr).toBe(join(root, file));
		const { considered } = select({ ...testContext({ root, cwd: join(root, cwd), env }), env }, { args });
		expect(considered.find(({ kind }) => kind === "go.mod" || kind === "go.work")?.path).toBe(join(root, file));
		// Nothing is installed: the native shim names the file.
		const shim = spawnSync(join(root, "gox/shims/go"), [...args, "version"], { cwd: join(root, cwd), env, encoding: "utf8" });
		expect(shim.stderr).toMatch(new RegExp(`^gox: ${join(root, file)} asks for go 1\\.21;`));
	});
});
