import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Context, Env } from "../context.ts";
import { GoxError } from "../errors.ts";
import { besideName, makeDirectory, namesIn, removeTree, sweepBeside, syncDirectory } from "../fs.ts";
import type { BuildInfo } from "../go/buildinfo.ts";
import type { GoCommand } from "../go/command.ts";
import { environmentFor } from "../run/environment.ts";
import { archOf, osOf } from "../version/platform.ts";
import { type Tool, toolAt } from "./tool.ts";

/** One program to be built. */
export interface GoInstall {
	readonly go: GoCommand;
	/** Its import path, and `latest` or a version of its module. */
	readonly package: string;
	readonly version: string;
	/** The file to put it at; or a directory, where it gets the name that Go gives it. */
	readonly target: { readonly path: string } | { readonly directory: string };
	readonly built: BuildFlags;
}

/**
 * `go install PACKAGE@VERSION` into a directory beside the target, from which one rename takes the program: what is there
 * stays until the new one is complete, built for this machine, and the same program.
 * @param told each line that Go says
 * @throws GoxError `internal` with what Go said
 */
export async function goInstall(context: Context, install: GoInstall, told: (line: string) => void = () => {}): Promise<Tool> {
	const { go, target, built } = install;
	const what = `${install.package}@${install.version}`;
	const directory = "path" in target ? dirname(target.path) : target.directory;
	makeDirectory(directory);
	const name = "path" in target ? basename(target.path) : "go-install";
	sweepBeside(directory, name);
	const staging = besideName(join(directory, name));
	mkdirSync(staging, { mode: 0o700 });
	try {
		const env = { ...environmentOf(context, go, built), GOBIN: staging };
		const { status, lines } = await runGo(context, go, ["install", ...built.flags, what], env, staging, told);
		if (status !== 0) throw new GoxError("internal", failureOf(`go install ${what}`, status, lines));
		const [program] = namesIn(staging);
		const fresh = program === undefined ? undefined : toolAt(context, join(staging, program), program);
		if (program === undefined || fresh === undefined || !fresh.native || fresh.info.path !== install.package)
			throw new GoxError("internal", `go install ${what} left no program that runs on this machine`);
		chmodSync(join(staging, program), 0o755);
		const path = "path" in target ? target.path : join(directory, program);
		context.checkpoint("tools:built");
		renameSync(join(staging, program), path);
		syncDirectory(directory);
		context.checkpoint("tools:placed");
		return { ...fresh, path, name: basename(path) };
	} finally {
		removeTree(staging);
	}
}

/**
 * The newest version of a module, as `go list -m MODULE@latest` knows it.
 * @throws GoxError `internal` with what Go said
 */
export async function latestOf(context: Context, go: GoCommand, module: string): Promise<string> {
	const env = { ...environmentOf(context, go, { flags: [], env: {} }), GO111MODULE: "on", GOFLAGS: "-mod=mod" };
	const args = ["list", "-m", "-f", "{{.Version}}", `${module}@latest`];
	const { status, lines, out } = await runGo(context, go, args, env, "/", () => {});
	if (status !== 0) throw new GoxError("internal", failureOf(`go list -m ${module}@latest`, status, lines));
	return out.trim();
}

/** For this machine, whatever GOOS and GOARCH say, and for no workspace. */
function environmentOf(context: Context, go: GoCommand, built: BuildFlags): Env {
	const host = context.host();
	return {
		...environmentFor(context, dirname(go.path), { pinned: go.pinned }),
		...built.env,
		GOOS: osOf(host),
		GOARCH: archOf(host),
		GOWORK: "off",
	};
}

interface Ended {
	readonly status: number;
	/** What it said on stderr. */
	readonly lines: readonly string[];
	readonly out: string;
}

async function runGo(
	context: Context,
	go: GoCommand,
	args: readonly string[],
	env: Env,
	cwd: string,
	told: (line: string) => void,
): Promise<Ended> {
	const done = new AbortController();
	const child = spawn(go.path, args, { cwd, env: { ...env, PWD: cwd }, stdio: ["ignore", "pipe", "pipe"] });
	context.signal.addEventListener("abort", () => child.kill("SIGTERM"), { signal: done.signal });
	const lines: string[] = [];
	let out = "";
	let rest = "";
	child.stdout.setEncoding("utf8").on("data", (text: string) => {
		out += text;
	});
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		const [last = "", ...whole] = (rest + text).split("\n").reverse();
		rest = last;
		for (const line of whole.reverse()) {
			lines.push(line);
			told(line);
		}
	});
	try {
		const status = await new Promise<number>((ended, failed) => {
			child.on("error", failed);
			child.on("close", (code) => ended(code ?? 1));
		});
		context.signal.throwIfAborted();
		return { status, lines: rest === "" ? lines : [...lines, rest], out };
	} finally {
		done.abort();
	}
}

/** The last lines say why; those before tell of downloads. */
function failureOf(what: string, status: number, lines: readonly string[]): string {
	const said = lines.filter((line) => line.trim() !== "" && !line.startsWith("go: downloading ")).slice(-12);
	return [`${what} failed (exit status ${status})`, ...said.map((line) => `  ${printable(line)}`)].join("\n");
}

function printable(line: string): string {
	return line.replaceAll("\t", "    ").replace(/[\u0000-\u001f\u007f-\u009f]/g, "");
}

/** How a program was built, for building it again. */
export interface BuildFlags {
	/** For `go install`: `-tags=…`, `-ldflags=…`. */
	readonly flags: readonly string[];
	readonly env: Readonly<Record<string, string>>;
}

/** What cmd/go records of the command line (its load.setBuildInfo); -compiler and a default -buildmode are left to Go. */
const recorded = ["-asmflags", "-asan", "-buildmode", "-cover", "-covermode", "-coverpkg", "-gccgoflags", "-gcflags"];
const recordedToo = ["-ldflags", "-linkshared", "-msan", "-race", "-tags", "-trimpath"];
const variables = /^(?:CGO_(?:ENABLED|CFLAGS|CPPFLAGS|CXXFLAGS|LDFLAGS)|GOEXPERIMENT|GOFIPS140)$/;
/** What was chosen for an architecture says nothing about another. */
const levels: Readonly<Record<string, string>> = { amd64: "GOAMD64", arm64: "GOARM64" };

/** The flags and variables that a program was built with, as far as Go recorded them; none before Go 1.18. */
export function buildFlagsOf({ settings, goVersion }: BuildInfo, goarch: string): BuildFlags {
	const known = new Map(settings);
	const flags = [...recorded, ...recordedToo].flatMap((name) => {
		const value = known.get(name);
		return value === undefined || (name === "-buildmode" && value === "exe") ? [] : [`${name}=${value}`];
	});
	const env: Record<string, string> = {};
	const experiments = / X:(\S+)/.exec(goVersion)?.[1];
	if (experiments !== undefined) env.GOEXPERIMENT = experiments;
	for (const [name, value] of settings) {
		const isLevel = levels[goarch] === name && known.get("GOARCH") === goarch;
		if (value !== "" && (variables.test(name) || isLevel)) env[name] = value;
	}
	return { flags, env };
}
