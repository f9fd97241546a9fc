import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { removeTree } from "../../fs.ts";
import type { Check } from "../examination.ts";
import { type Finding, fine } from "../finding.ts";
import type { Machine } from "../machine.ts";
import type { ToolAnswer } from "../probes.ts";
import { findCompiler } from "./go.ts";

const hello = `package main

import "fmt"

func main() { fmt.Println("hello from doctor") }
`;
const cgoProgram = `package main

// #include <stdlib.h>
// static int twice(int n) { return abs(n) * 2; }
import "C"
import "fmt"

func main() { fmt.Println("twice:", C.twice(-21)) }
`;
const raceTest = `package race

import (
	"sync"
	"testing"
)

func TestCount(t *testing.T) {
	var lock sync.Mutex
	var wait sync.WaitGroup
	count := 0
	for i := 0; i < 8; i++ {
		wait.Add(1)
		go func() { lock.Lock(); count++; lock.Unlock(); wait.Done() }()
	}
	wait.Wait()
	if count != 8 {
		t.Fatal(count)
	}
}
`;
const profiled = `package main

import (
	"os"
	"runtime/pprof"
	"time"
)

func work() (n uint64) {
	for end := time.Now().Add(400 * time.Millisecond); time.Now().Before(end); {
		for i := uint64(0); i < 100000; i++ {
			n += i * i
		}
	}
	return n
}

func main() {
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		panic(err)
	}
	n := work()
	pprof.StopCPUProfile()
	if err := file.Close(); err != nil || n == 0 {
		panic(err)
	}
}
`;

/** What `--deep` does with the Go in force: each builds and runs something. */
export const deepChecks: readonly Check[] = [
	deep("deep-hello", "a program built and run", { "main.go": hello }, "What Go builds doesn't run here.", (bench) =>
		inOrder(
			() => bench.run(bench.go, ["build", "-o", "hello", "."]),
			() => expecting(bench.run(join(bench.directory, "hello"), []), /^hello from doctor$/m),
		),
	),
	deep(
		"deep-cgo",
		"a cgo program built and run",
		{ "main.go": cgoProgram },
		"Packages that use C can't be built, or don't run.",
		(bench, machine) => {
			if (findCompiler(machine).compiler === undefined) return undefined;
			return inOrder(
				() => bench.run(bench.go, ["build", "-o", "twice", "."], { CGO_ENABLED: "1" }),
				() => expecting(bench.run(join(bench.directory, "twice"), []), /^twice: 42$/m),
			);
		},
	),
	deep(
		"deep-race",
		"go test -race",
		{ "race_test.go": raceTest },
		"Tests can't be run with the race detector.",
		(bench, machine) => {
			if (findCompiler(machine).compiler === undefined && !machine.mac()) return undefined;
			return expecting(
				bench.run(bench.go, ["test", "-race", "-count=1", "."], machine.mac() ? {} : { CGO_ENABLED: "1" }),
				/^ok\s/m,
			);
		},
	),
	deep("deep-pprof", "a CPU profile taken and read", { "main.go": profiled }, "Programs can't be profiled.", (bench) =>
		inOrder(
			() => bench.run(bench.go, ["build", "-o", "busy", "."]),
			() => bench.run(join(bench.directory, "busy"), ["cpu.pprof"]),
			() => expecting(bench.run(bench.go, ["tool", "pprof", "-raw", "busy", "cpu.pprof"]), /^Samples:\n.*\n\s+\d+\s+\d+:/m),
		),
	),
];

type Work = (bench: Workbench, machine: Machine) => ToolAnswer | undefined;

function deep(name: string, title: string, files: Readonly<Record<string, string>>, why: string, work: Work): Check {
	return { name, title, area: "deep", run: (machine) => attempt(machine, title, files, why, work) };
}

function attempt(
	machine: Machine,
	title: string,
	files: Readonly<Record<string, string>>,
	why: string,
	work: Work,
): readonly Finding[] {
	const { bin, version } = machine.inForce();
	if (bin === null)
		return [
			{
				verdict: "note",
				title: `not tried, because no Go is in force: ${title}`,
				why: "There is nothing to build with.",
				fix: { commands: ["gox install latest --default"] },
			},
		];
	const bench = new Workbench(machine, bin, files);
	try {
		const answer = work(bench, machine);
		if (!answer) return [{ verdict: "note", title: `not tried, because there is no C compiler: ${title}`, why: "It needs one." }];
		if (answer.status === 0) return fine(`${title} with ${version}`);
		const said = `${answer.stdout}\n${answer.stderr}`
			.split("\n")
			.map((line) => line.trimEnd())
			.filter(Boolean);
		return [
			{
				verdict: "broken",
				title: `failed with ${version}: ${title}`,
				evidence: [
					...said.slice(0, 12),
					...(said.length > 12 ? [`… ${said.length - 12} more lines`] : []),
					answer.status === null ? "it was ended by a signal" : `exit ${answer.status}`,
				],
				why,
				fix: { commands: [machine.inForce().source.kind === "system" ? "gox install latest --default" : "gox verify"] },
			},
		];
	} finally {
		bench.remove();
	}
}

/** The first answer that isn't a success, else the last. */
function inOrder(...steps: readonly (() => ToolAnswer)[]): ToolAnswer {
	let answer: ToolAnswer = { status: 0, stdout: "", stderr: "" };
	for (const step of steps) {
		answer = step();
		if (answer.status !== 0) break;
	}
	return answer;
}

/** A success that printed something else is none. */
function expecting(answer: ToolAnswer, pattern: RegExp): ToolAnswer {
	return answer.status === 0 && !pattern.test(answer.stdout)
		? { ...answer, status: null, stderr: `${answer.stderr}\nit printed something else than it should` }
		: answer;
}

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
const timeoutMs = 300_000;

/** A throw-away module to build things in with the Go in force; nothing here can reach a network or another toolchain. */
export class Workbench {
	readonly directory: string;
	readonly go: string;
	readonly #patient: Machine;

	/** @param bin the directory of the Go in force. Throws the file system's errors. */
	constructor(machine: Machine, bin: string, files: Readonly<Record<string, string>>) {
		this.#patient = machine;
		this.go = join(bin, "go");
		const { TMPDIR } = machine.context.env;
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
			timeout: timeoutMs,
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
