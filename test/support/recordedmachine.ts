import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Context, Env } from "../../src/context.ts";
import type { Check } from "../../src/doctor/examination.ts";
import { type Examined, examine } from "../../src/doctor/examination.ts";
import { type Machine, machineUnder } from "../../src/doctor/machine.ts";
import type { Probes, ToolAnswer } from "../../src/doctor/probes.ts";
import { machineProbes } from "../../src/doctor/probes.ts";
import type { Platform } from "../../src/version/platform.ts";
import { freshRoot, type TestContext, testContext } from "./context.ts";
import { printingProgram } from "./fakego.ts";

/** What a tool of macOS printed on somebody's machine (test/support/macos-probes/), without the command's line. */
export function recorded(name: string, status = 0): ToolAnswer {
	const text = readFileSync(resolve(import.meta.dirname, "macos-probes", `${name}.txt`), "utf8");
	const output = text.slice(text.indexOf("\n") + 1);
	return status === 0 ? { status, stdout: output, stderr: "" } : { status, stdout: "", stderr: output };
}

export const printed = (stdout: string, status = 0): ToolAnswer => ({ status, stdout, stderr: "" });

export interface MachineOptions {
	readonly host: Platform;
	/** By command line; the longest that the asked one begins with answers. Paths as on the machine; in what is printed they begin with `{root}`. */
	readonly tools?: Readonly<Record<string, ToolAnswer>>;
	/** What addresses answer, by host and path, else by host. */
	readonly sites?: Readonly<Record<string, { status: number } | { failure: string }>>;
	/** Text, a program for a platform, or a symlink's (relative) target, by path on the machine; `~` is the home. */
	readonly files?: Readonly<Record<string, string | Buffer | { readonly link: string }>>;
	/** Directories of PATH, as on the machine. */
	readonly path: readonly string[];
	readonly env?: Env;
	readonly space?: { readonly free: number; readonly size: number };
	/** The program that runs gox. */
	readonly runtime?: string;
	readonly offline?: boolean;
}

/** Another machine, played on this one: its disk lies below a directory, its tools answer as recorded. */
export class RecordedMachine {
	readonly root = freshRoot("gox-machine-");
	readonly userHome = join(this.root, "Users/user");
	readonly context: TestContext;
	readonly probes: Probes;
	/** The commands of every fix so far. */
	readonly proposed: string[] = [];
	/** The programs that were started, or asked for. */
	readonly started = new Set<string>();
	readonly #options: MachineOptions;

	constructor(options: MachineOptions) {
		this.#options = options;
		mkdirSync(this.userHome, { recursive: true });
		for (const [path, content] of Object.entries(options.files ?? {})) this.put(path, content);
		const path = options.path.map((directory) => this.at(directory)).join(":");
		const context = testContext({
			root: this.userHome,
			host: options.host,
			env: { SHELL: "/bin/zsh", ...options.env, PATH: path },
		});
		this.context = { ...context, self: [this.at(options.runtime ?? "/opt/node"), "gox.js"] };
		this.probes = this.#probesOn(machineProbes(this.context));
	}

	/** Where a path of the machine lies here; `~` is its home. */
	at(path: string): string {
		if (path === this.root || path.startsWith(`${this.root}/`)) return path;
		return path.startsWith("~/") ? join(this.userHome, path.slice(2)) : join(this.root, path);
	}

	put(path: string, content: string | Buffer | { readonly link: string }): void {
		const place = this.at(path);
		mkdirSync(dirname(place), { recursive: true });
		if (typeof content === "object" && "link" in content) symlinkSync(content.link, place);
		else writeFileSync(place, content, { mode: typeof content === "string" ? 0o644 : 0o755 });
	}

	/** A whole Go distribution, as far as the doctor looks. */
	putGo(goroot: string, version: string, platform: Platform): void {
		const program = printingProgram(platform, version);
		this.put(`${goroot}/VERSION`, `${version}\n`);
		for (const name of ["go", "gofmt"]) this.put(`${goroot}/bin/${name}`, program);
		this.put(`${goroot}/src/cmd/pprof/pprof.go`, "package main\n");
		this.put(`${goroot}/src/runtime/race/race_${platform.replace("-", "_")}.syso`, "race");
	}

	/** A version in gox's store, with receipt and shims as an install leaves them. */
	putVersion(version: string, platform = this.#options.host): void {
		const key = platform === this.#options.host ? version : `${version}@${platform}`;
		this.putGo(`~/.gox/versions/${key}`, version, platform);
		this.put(`~/.gox/receipts/${key}.json`, "{}");
		this.put(`~/.gox/receipts/${key}.files`, "");
		if (platform !== this.#options.host) return;
		this.put(`~/.gox/shims/${key}`, { link: `../versions/${key}/bin/go` });
	}

	putShims(): void {
		const native = readFileSync(join(this.context.assets, "shims", this.#options.host, "gox-shim"));
		for (const name of ["go", "gofmt", "gox"]) this.put(`~/.gox/shims/${name}`, native);
	}

	async examine(checks: readonly Check[]): Promise<readonly Examined[]> {
		const machine: Machine = machineUnder(this.context as Context, this.probes, this.#options.offline ?? true);
		const findings = await examine(machine, checks);
		this.proposed.push(...findings.flatMap(({ fix }) => fix?.commands ?? []));
		return findings;
	}

	/** What isn't fine, a line each: `check verdict: title`; then the evidence, indented. Paths as on the machine; the supported minors, which change with the release table, left out. */
	async complaints(checks: readonly Check[]): Promise<string> {
		const findings = await this.examine(checks);
		const lines = findings
			.filter(({ verdict }) => verdict !== "ok")
			.flatMap(({ check, verdict, title, evidence = [], fix }) => [
				`${check} ${verdict}: ${title}`,
				...evidence.map((each) => `    ${each}`),
				...(fix?.commands ?? []).map((each) => `  > ${each}`),
				...(fix?.advice ? [`    (${fix.advice})`] : []),
			]);
		return lines
			.join("\n")
			.replaceAll(this.userHome, "~")
			.replaceAll(this.root, "")
			.replace(/supported: .*/, "supported: …");
	}

	#probesOn(real: Probes): Probes {
		const { tools = {}, sites = {}, space } = this.#options;
		return {
			...real,
			run: (tool, args) => {
				this.started.add(tool);
				const line = [tool, ...args].join(" ").replaceAll(this.userHome, "~").replaceAll(this.root, "");
				const known = Object.keys(tools).filter((each) => line === each || line.startsWith(`${each} `));
				const [longest] = known.sort((left, right) => right.length - left.length);
				const answer = longest === undefined ? undefined : tools[longest];
				return answer && { ...answer, stdout: answer.stdout.replaceAll("{root}", this.root) };
			},
			readText: (path) => real.readText(this.at(path)),
			names: (path) => real.names(this.at(path)),
			stat: (path) => real.stat(this.at(path)),
			linkAt: (path) => real.linkAt(this.at(path)),
			realPath: (path) => real.realPath(this.at(path)),
			executable: (path) => real.executable(this.at(path)),
			slices: (path) => real.slices(this.at(path)),
			isShim: (path) => real.isShim(this.at(path)),
			isWritable: (path) => real.isWritable(this.at(path)),
			space: () => space ?? { free: 200e9, size: 500e9 },
			reach: async (url) => sites[url.host + url.pathname] ?? sites[url.host] ?? { failure: "not recorded" },
		};
	}
}
