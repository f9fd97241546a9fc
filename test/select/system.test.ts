import { linkSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findSystemGo } from "../../src/select/system.ts";
import { layoutOf } from "../../src/store/layout.ts";
import { freshRoot, testContext } from "../support/context.ts";

let root: string;
beforeEach(() => {
	root = freshRoot("gox-system-");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(path: string, text = "#!/bin/sh\n"): void {
	mkdirSync(join(root, path, ".."), { recursive: true });
	writeFileSync(join(root, path), text, { mode: 0o755 });
}

function found(...path: readonly string[]): string | undefined {
	const context = testContext({ root, env: { PATH: path.map((each) => join(root, each)).join(":") } });
	return findSystemGo(context, layoutOf(context.home))?.path.replace(`${root}/`, "");
}

describe("the next go on PATH", () => {
	it("is not this gox's shim, be it without the marker, under another name of the same file", () => {
		program(".gox/shims/go");
		program("real/bin/go");
		mkdirSync(join(root, "linked"));
		linkSync(join(root, ".gox/shims/go"), join(root, "linked/go"));
		expect(found(".gox/shims", "linked", "real/bin")).toBe("real/bin/go");
	});

	it("is not a shim of another gox", () => {
		program("other/shims/go", "#!/bin/sh\n# gox-shim-marker\n");
		program("real/bin/go");
		expect(found("other/shims", "real/bin")).toBe("real/bin/go");
	});

	it("is found without any shim in the store", () => {
		program("real/bin/go");
		expect(found("real/bin")).toBe("real/bin/go");
	});
});
