import {
	chmodSync,
	chownSync,
	lstatSync,
	mkdirSync,
	readFileSync,
	readlinkSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { readUserFile, writeUserFile } from "../../src/store/userfile.ts";
import { openTo } from "../shim/native.ts";
import { freshRoot, testContext } from "../support/context.ts";

let directory: string;
const at = (name: string) => join(directory, name);
const write = (name: string, content: string | undefined, mode?: number) =>
	writeUserFile(testContext({ root: directory }), at(name), content, { checkpoint: "test-", mode });

beforeEach(() => {
	directory = freshRoot();
});

describe("a user's file is replaced", () => {
	it("with its mode, whatever the umask", () => {
		writeFileSync(at("file"), "old");
		chmodSync(at("file"), 0o666);
		write("file", "new");
		expect(readFileSync(at("file"), "utf8")).toBe("new");
		expect(statSync(at("file")).mode & 0o7777).toBe(0o666);
	});

	it.skipIf(process.geteuid?.() !== 0)("with its owner by root, and by others where the system lets them", () => {
		writeFileSync(at("file"), "old");
		chownSync(at("file"), 1234, 1235);
		write("file", "by root");
		expect(statSync(at("file"))).toMatchObject({ uid: 1234, gid: 1235 });
		openTo(directory);
		chmodSync(directory, 0o777);
		mkdirSync(at(".gox/journal"), { recursive: true });
		for (const path of [".gox", ".gox/journal"]) chownSync(at(path), 65_534, 65_534);
		process.seteuid?.(65_534);
		try {
			write("file", "by another");
		} finally {
			process.seteuid?.(0);
		}
		expect(readFileSync(at("file"), "utf8")).toBe("by another");
		expect(statSync(at("file")).uid).toBe(65_534);
	});

	it("with another mode on demand", () => {
		writeFileSync(at("file"), "old");
		write("file", "secret", 0o600);
		expect(statSync(at("file")).mode & 0o7777).toBe(0o600);
	});

	it("behind its symlinks, which stay", () => {
		writeFileSync(at("file"), "old");
		symlinkSync("file", at("near"));
		symlinkSync(at("near"), at("far"));
		write("far", "new");
		expect(readFileSync(at("file"), "utf8")).toBe("new");
		expect([readlinkSync(at("near")), readlinkSync(at("far"))]).toEqual(["file", at("near")]);
		expect(readUserFile(at("far"))).toMatchObject({ path: at("far"), target: at("file"), content: Buffer.from("new") });
	});

	it("and made, with its directory, behind a symlink that leads to nothing yet", () => {
		symlinkSync("made/file", at("link"));
		expect(readUserFile(at("link")).content).toBeUndefined();
		write("link", "new");
		expect(readFileSync(at("made/file"), "utf8")).toBe("new");
		expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
	});

	it("or removed", () => {
		writeFileSync(at("file"), "old");
		write("file", undefined);
		write("file", undefined);
		expect(readUserFile(at("file")).content).toBeUndefined();
	});
});

describe("a user's file is left alone that", () => {
	it("is read-only", () => {
		writeFileSync(at("file"), "old", { mode: 0o444 });
		expect(() => write("file", "new")).toThrow(`${at("file")} is read-only, so gox leaves it alone`);
		expect(() => write("file", undefined)).toThrow("is read-only");
		expect(readFileSync(at("file"), "utf8")).toBe("old");
	});

	it("is no regular file", () => {
		mkdirSync(at("directory"));
		expect(() => readUserFile(at("directory"))).toThrow("is not a regular file");
		expect(() => write("directory", "new")).toThrow("is not a regular file");
	});

	it("is a circle of symlinks", () => {
		symlinkSync("b", at("a"));
		symlinkSync("a", at("b"));
		expect(() => write("a", "new")).toThrow("is a symlink that leads nowhere");
	});
});
