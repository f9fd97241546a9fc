import { describe, expect, it } from "vitest";
import { renderFailure, renderLoss } from "../../src/cli/failure.ts";
import { testContext } from "../support/context.ts";

const system = (code: string, fields: object) => Object.assign(new Error(`${code}: in Node's words`), { code, ...fields });

describe("a failure of the file system: exit 6, and what it was about", () => {
	const context = () => testContext({ root: "/r", env: { GOX_HOME: "/r/home" } });
	it.each([
		["EACCES", { syscall: "open", path: "/r/home/locks/x" }, "/r/home/locks/x: permission denied\n  gox doctor\n"],
		["EACCES", { syscall: "open", path: "/r/home2/x" }, "/r/home2/x: permission denied\n"],
		["EPERM", { syscall: "unlink", path: "/p/.go-version" }, "/p/.go-version: not permitted\n"],
		[
			"EROFS",
			{ syscall: "rename", path: "/r/home/tmp/x/go", dest: "/r/home/versions/go1.22.5" },
			"renaming /r/home/tmp/x/go to /r/home/versions/go1.22.5: the file system is read-only\n  gox doctor\n",
		],
		[
			"EACCES",
			{ syscall: "symlink", path: "../versions/go1.22.5", dest: "/r/home/aliases/1.22" },
			"/r/home/aliases/1.22: permission denied\n  gox doctor\n",
		],
		["EIO", { syscall: "copyfile", path: "/a", dest: "/b" }, "copying /a to /b: the disk failed\n"],
		[
			"ENOSPC",
			{ syscall: "write", path: "/r/home/x" },
			"/r/home/x: no space is left on the disk\n  make room, e.g.: gox list, then gox uninstall VERSION\n",
		],
		["EBUSY", { syscall: "rmdir", path: "/r/home" }, "/r/home: EBUSY: in Node's words\n"],
		["EMFILE", { syscall: "open" }, "too many open files\n"],
	])("%s %j", (code, fields, said) => {
		const here = context();
		expect(renderFailure(here, system(code, fields), false)).toBe(6);
		expect(here.err()).toBe(`gox: ${said}`);
	});

	it.each([
		["EPIPE", 0, ""],
		["ENOSPC", 6, "gox: standard output: no space is left on the disk\n"],
		["EIO", 6, "gox: standard output: the disk failed\n"],
		["EBADF", 6, "gox: standard output: EBADF: in Node's words\n"],
	])("output that is lost to %s: exit %i", (code, exit, said) => {
		const here = context();
		expect([renderLoss(here, system(code, { syscall: "write" })), here.err()]).toEqual([exit, said]);
	});
});
