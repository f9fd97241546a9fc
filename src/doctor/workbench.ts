import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { removeTree } from "../fs.ts";
import type { Patient } from "./patient.ts";
import type { ToolAnswer } from "./probes.ts";

/** Settings of the user's that decide whether C can be compiled here, and where caches are; all others are left out. */
const kept = [
	"CC",
	"CXX",
	"CGO_CFLAGS",
	"CGO_CPPFLAGS",
	"CGO_LDFLAGS",
	"PKG_CONFIG",
	"GOCACHE",
	"GOTMPDIR",
	"GOPATH",
	"GOMODCACHE",
];
const dropped = /^(?:GOROOT|GOFLAGS|GOOS|GOARCH|GODEBUG|GOEXPERIMENT|GOX_.*|GO111MODULE|CGO_ENABLED|GOTOOLCHAIN.*)$/;
/** Milliseconds: a first build compiles the standard library. */
const patience = 300_000;

/** A throw-away module to build things in with the Go in force; nothing here can reach a network or another toolchain. */
export class Workbench {
	readonly directory: string;
	readonly go: string;
	readonly #patient: Patient;

	/** @param bin the directory of the Go in force. Throws the file system's errors. */
	constructor(patient: Patient, bin: string, files: Readonly<Record<string, string>>) {
		this.#patient = patient;
		this.go = join(bin, "go");
		const { TMPDIR } = patient.context.env;
		this.directory = realpathSync(mkdtempSync(join(TMPDIR && isAbsolute(TMPDIR) ? TMPDIR : "/tmp", "gox-doctor-")));
		for (const [path, text] of Object.entries({ "go.mod": "module doctor\n\ngo 1.16\n", ...files })) {
			mkdirSync(join(this.directory, path, ".."), { recursive: true });
			writeFileSync(join(this.directory, path), text);
		}
	}

	/** Runs the go command, or a program that it built. */
	run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): ToolAnswer {
		const { context, probes, settings } = this.#patient;
		const inherited = Object.entries(context.env).filter(([name]) => !dropped.test(name));
		const settled = kept.flatMap((name) => settings(name)[0] ?? []).map(({ name, value }) => [name, value] as const);
		const answer = probes.run(program, args, {
			cwd: this.directory,
			timeout: patience,
			env: {
				...Object.fromEntries([...inherited, ...settled]),
				PWD: this.directory,
				GOENV: "off",
				GOPROXY: "off",
				GOTOOLCHAIN: "local",
				GOWORK: "off",
				GO111MODULE: "on",
				...env,
			},
		});
		return answer ?? { status: null, stdout: "", stderr: `${program} can't be started` };
	}

	remove(): void {
		removeTree(this.directory);
	}
}
