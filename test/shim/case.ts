import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compareGoVersions } from "../../src/version/release.ts";

/** One line of `cases.json`; the format is told in README.md beside it. */
export interface Case {
	readonly name: string;
	/** Its number in `test/faults.json`. */
	readonly fault?: number;
	readonly hosts?: readonly string[];
	readonly unless?: "root";
	readonly installed?: readonly string[];
	readonly derive?: boolean;
	readonly aliases?: Readonly<Record<string, string>>;
	readonly default?: string;
	readonly system?: string;
	readonly files?: Readonly<Record<string, string | FileSpec>>;
	readonly cwd?: string;
	readonly deleted?: boolean;
	readonly env?: Readonly<Record<string, string | null>>;
	readonly args?: readonly string[];
	readonly expect: Chosen | Refused;
}

export interface Chosen {
	readonly version: string;
	readonly goroot: string | null;
	readonly source: { readonly kind: string; readonly path: string | null; readonly text: string };
	readonly below?: { readonly path: string; readonly text: string };
	readonly why: string;
}

export interface Refused {
	readonly error: string;
	readonly exit: number;
	readonly message: string;
	readonly hint: string | null;
}

interface FileSpec {
	readonly dir?: true;
	readonly fifo?: true;
	readonly symlink?: string;
	readonly base64?: string;
	readonly text?: string;
	readonly repeat?: readonly [text: string, times: number];
	readonly mode?: string;
}

export function readCases(): readonly Case[] {
	return JSON.parse(readFileSync(join(import.meta.dirname, "cases.json"), "utf8"));
}

/** `$ROOT` in every text of a value replaced. */
export function rooted<T>(value: T, root: string): T {
	return JSON.parse(JSON.stringify(value).replaceAll("$ROOT", JSON.stringify(root).slice(1, -1)));
}

/**
 * Sets a case up below `root`, with `shim` as `gox/shims/go`, and returns the environment and directory to ask in.
 * The directory still exists when `deleted` is set: who asks removes it.
 */
export function layOut(each: Case, root: string, shim: (path: string) => void): { cwd: string; env: Record<string, string> } {
	const home = join(root, "gox");
	for (const directory of ["versions", "aliases", "shims"]) mkdirSync(join(home, directory), { recursive: true });
	mkdirSync(join(root, "user"));
	shim(join(home, "shims/go"));
	for (const key of each.installed ?? []) goroot(join(home, "versions", `go${key}`), key);
	const aliases = { ...(each.derive === false ? {} : automaticAliases(each.installed ?? [])), ...each.aliases };
	for (const [name, key] of Object.entries(aliases)) symlinkSync(`../versions/go${key}`, join(home, "aliases", name));
	if (each.default !== undefined) symlinkSync(`versions/go${each.default}`, join(home, "current"));
	if (each.system !== undefined) goroot(join(root, "system/go"), each.system);
	const cwd = join(root, each.cwd ?? "");
	mkdirSync(cwd, { recursive: true });
	for (const [path, spec] of Object.entries(each.files ?? {})) {
		place(join(root, path), typeof spec === "string" ? { text: spec } : spec);
	}
	const path = [join(home, "shims"), ...(each.system === undefined ? [] : [join(root, "system/go/bin")])].join(":");
	const env: Record<string, string> = { HOME: join(root, "user"), GOX_HOME: home, PWD: cwd, PATH: path };
	for (const [name, value] of Object.entries(each.env ?? {})) {
		if (value === null) delete env[name];
		else env[name] = value.replaceAll("$ROOT", root);
	}
	return { cwd, env };
}

function goroot(path: string, key: string): void {
	mkdirSync(join(path, "bin"), { recursive: true });
	const version = `go${key.replace(/@.*/, "")}`;
	for (const tool of ["go", "gofmt"]) {
		writeFileSync(join(path, "bin", tool), `#!/bin/sh\necho ${tool} ${version} "$@"\n`, { mode: 0o755 });
	}
	writeFileSync(join(path, "VERSION"), `${version}\ntime 2024-07-02T15:40:49Z\n`);
}

function automaticAliases(keys: readonly string[]): Record<string, string> {
	const newest: Record<string, string> = {};
	for (const key of keys.filter((each) => /^[\d.]+$/.test(each)).sort(compareGoVersions)) {
		const [major = "", minor = "0"] = key.split(".");
		for (const name of [major, `${major}.${minor}`, "latest"]) newest[name] = key;
	}
	return newest;
}

function place(path: string, spec: FileSpec): void {
	mkdirSync(dirname(path), { recursive: true });
	if (existsSync(path)) rmSync(path, { recursive: true });
	if (spec.dir) mkdirSync(path);
	else if (spec.fifo) execFileSync("mkfifo", [path]);
	else if (spec.symlink !== undefined) symlinkSync(spec.symlink, path);
	else if (spec.base64 !== undefined) writeFileSync(path, Buffer.from(spec.base64, "base64"));
	else writeFileSync(path, (spec.repeat ? spec.repeat[0].repeat(spec.repeat[1]) : "") + (spec.text ?? ""));
	if (spec.mode !== undefined) chmodSync(path, Number.parseInt(spec.mode, 8));
}
