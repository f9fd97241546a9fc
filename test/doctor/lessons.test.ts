import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { checks } from "../../src/doctor/checks/all.ts";
import { macOf } from "../../src/doctor/mac.ts";
import type { Probes } from "../../src/doctor/probes.ts";
import { executableOf } from "../../src/go/builtfor.ts";
import { excerptBytes, excerptNamed } from "../support/excerpts.ts";
import { printingProgram } from "../support/fakego.ts";
import { expectPastable } from "../support/pastable.ts";
import { type MachineOptions, printed, RecordedMachine, recorded } from "../support/recordedmachine.ts";

/** What people's Macs really printed (test/support/macos-probes/), each with what the doctor makes of it. */
const text = (name: string) => recorded(name).stdout;
const checkNamed = (name: string) => checks.filter((each) => each.name === name);
const machines: RecordedMachine[] = [];

function mac(options: Partial<MachineOptions> & Pick<MachineOptions, "path">): RecordedMachine {
	const executable = new RecordedMachine({
		host: "darwin-arm64",
		...options,
		tools: {
			"/usr/sbin/sysctl -n hw.optional.arm64": printed("1\n"),
			"/usr/sbin/sysctl -n sysctl.proc_translated": printed("0\n"),
			"/usr/bin/sw_vers": recorded("sw-vers-macos26"),
			...options.tools,
		},
	});
	machines.push(executable);
	return executable;
}

async function told(executable: RecordedMachine, check: string) {
	const findings = await executable.examine(checkNamed(check));
	return findings.map(({ verdict, title, evidence = [], why = "", fix }) => ({ verdict, title, evidence, why, fix }));
}

const intel = printingProgram("darwin-amd64", "");

describe("a program's own header tells what `file` and `lipo` tell", () => {
	const cpus: Readonly<Record<string, number>> = {
		x86_64: 0x01000007,
		arm64: 0x0100000c,
		arm64e: 0x0100000c,
		i386: 7,
		ppc7400: 18,
	};
	function program(architectures: readonly string[]): Buffer {
		const bytes = Buffer.alloc(4096);
		const [only = ""] = architectures;
		if (architectures.length === 1) {
			bytes.writeUInt32LE(0xfeedfacf, 0);
			bytes.writeUInt32LE(cpus[only] ?? 0, 4);
			bytes.writeUInt32LE(2, 12);
			return bytes;
		}
		bytes.writeUInt32BE(0xcafebabe, 0);
		bytes.writeUInt32BE(architectures.length, 4);
		architectures.forEach((each, index) => {
			bytes.writeUInt32BE(cpus[each] ?? 0, 8 + index * 20);
		});
		return bytes;
	}
	it.each([
		["file-arm64-macos27", ["darwin-arm64"]],
		["file-go-x86_64-on-apple-silicon", ["darwin-amd64"]],
		["file-universal-arm64-x86_64", ["darwin-amd64", "darwin-arm64"]],
		["file-universal-arm64e-system", ["darwin-amd64", "darwin-arm64"]],
		["file-universal-x86_64-i386-old", ["darwin-amd64"]],
		["lipo-archs-arm64", ["darwin-arm64"]],
		["lipo-archs-universal", ["darwin-amd64", "darwin-arm64"]],
		["lipo-archs-system-arm64e", ["darwin-amd64", "darwin-arm64"]],
		["lipo-archs-old-intel", ["darwin-amd64"]],
		["lipo-info-thin-x86_64", ["darwin-amd64"]],
	])("%s", (name, expected) => {
		const named = text(name)
			.split("\n")
			.flatMap(
				(line) =>
					line
						.replace(/^.*architecture(?:: | )|^\S+: Mach-O|^.*for architecture /, "")
						.match(/\b(?:x86_64|arm64e?|i386|ppc7400)\b/g) ?? [],
			);
		const found = executableOf(program([...new Set(named)]));
		expect([...(found?.platforms ?? [])].sort()).toEqual(expected);
	});

	it("a go that is a shell script is named as one, and is for no machine", async () => {
		expect(text("file-go-is-a-shell-script")).toContain("shell script");
		const executable = mac({
			path: ["/tmp/go/dist"],
			files: { "/tmp/go/dist/go": Buffer.from('#!/bin/sh\nexec /usr/local/go/bin/go "$@"\n') },
		});
		expect(await told(executable, "go-architecture")).toMatchObject([{ verdict: "ok" }]);
		expect((await told(executable, "go-on-path"))[0]?.evidence[0]).toContain("version unknown, a script");
	});
});

describe("what kind of Mac it is", () => {
	const kinds = [
		[
			"Apple Silicon",
			{ arm: printed("1\n"), translated: "sysctl-proc-translated-native-m4-macos27" },
			{ appleSilicon: true, translated: false },
		],
		[
			"a process under Rosetta",
			{ arm: printed("1\n"), translated: "sysctl-proc-translated-under-rosetta" },
			{ appleSilicon: true, translated: true },
		],
		[
			"Intel, where sysctl knows neither name",
			{ arm: recorded("sysctl-n-hw-optional-arm64-intel-i5", 1), translated: "sysctl-proc-translated-intel" },
			{ appleSilicon: false, translated: false },
		],
		[
			"Intel, in the other form of the message",
			{ arm: recorded("sysctl-hw-optional-arm64-intel", 1), translated: "sysctl-proc-translated-intel" },
			{ appleSilicon: false, translated: false },
		],
	] as const;
	it.each(kinds)("%s", (_, { arm, translated }, expected) => {
		const isIntel = !expected.appleSilicon;
		const executable = mac({
			path: [],
			tools: {
				"/usr/sbin/sysctl -n hw.optional.arm64": arm,
				"/usr/sbin/sysctl -n sysctl.proc_translated": recorded(translated, isIntel ? 1 : 0),
			},
		});
		expect(macOf(executable.context, executable.probes)).toMatchObject({ ...expected, version: "26.6.2" });
		// `arch` says i386 on Intel and under Rosetta alike, `uname` x86_64 under Rosetta: neither is asked.
		expect(text("arch-intel")).toBe(text("arch-under-rosetta"));
		expect(text("uname-a-m1-rosetta-macos11")).toMatch(/ARM64.* x86_64$/m);
		expect([...executable.started]).toEqual(expect.not.arrayContaining(["/usr/bin/uname"]));
	});

	it("macOS says its own version, whatever it is told to claim", () => {
		const executable = mac({ path: [], env: { SYSTEM_VERSION_COMPAT: "1" } });
		const compatible = "ProductName:\tMac OS X\nProductVersion:\t10.16\n";
		const probes: Probes = {
			...executable.probes,
			run: (tool, args, options) =>
				tool.endsWith("sw_vers") && options?.env?.SYSTEM_VERSION_COMPAT !== "0"
					? printed(compatible)
					: executable.probes.run(tool, args, options),
		};
		expect(macOf(executable.context, probes)?.version).toBe("26.6.2");
	});

	const rosettas: readonly (readonly [recording: string, status: number, expected: boolean, runtime: readonly string[]])[] = [
		["arch-x86_64-uname-m-rosetta-present", 0, true, []],
		["arch-x86_64-true-no-rosetta", 1, false, []],
		["arch-x86_64-true-no-rosetta", 1, true, ["/Library/Apple/usr/libexec/oah/libRosettaRuntime"]],
		["arch-x86_64-true-no-rosetta", 1, false, ["/Library/Apple/usr/libexec/oah/RosettaLinux/rosetta"]],
	];
	it.each(rosettas)(
		"whether Rosetta is there, by starting an Intel program, or by its runtime: %s",
		(name, status, expected, runtime) => {
			const files = Object.fromEntries(runtime.map((path) => [path, ""]));
			const executable = mac({ path: [], files, tools: { "/usr/bin/arch -x86_64 /usr/bin/true": recorded(name, status) } });
			expect(macOf(executable.context, executable.probes)?.rosetta()).toBe(expected);
		},
	);
});

describe("a go for another machine ends in the words that people see", () => {
	const go = { "/usr/local/go/bin/go": intel, "/usr/local/go/VERSION": "go1.26.1\n" };

	it("without Rosetta, whatever macOS it is", async () => {
		const tools = { "/usr/bin/arch -x86_64 /usr/bin/true": recorded("arch-x86_64-true-no-rosetta", 1) };
		const [finding] = await told(mac({ path: ["/usr/local/go/bin"], files: go, tools }), "go-architecture");
		expect(finding).toMatchObject({ verdict: "broken", why: expect.stringContaining("bad CPU type in executable") });
		expect(text("err-bad-cpu-type-go-macos27")).toContain("bad CPU type in executable: go");
	});

	it("with Rosetta it runs, slowly", async () => {
		const tools = { "/usr/bin/arch -x86_64 /usr/bin/true": printed("") };
		const executable = mac({ path: ["/usr/local/go/bin"], files: go, tools });
		expect(await told(executable, "go-architecture")).toMatchObject([
			{ verdict: "warning", why: expect.stringContaining("Rosetta translates it") },
		]);
	});

	it("one of before 1.16 has no equal for Apple Silicon", async () => {
		const files = { ...go, "/usr/local/go/VERSION": "go1.15.15\n" };
		const [finding] = await told(mac({ path: ["/usr/local/go/bin"], files }), "go-architecture");
		expect(finding?.fix?.commands[0]).toBe("gox install latest --default");
	});

	it("a gopls that the Intel Homebrew put on PATH, before the native one", async () => {
		const files = {
			"/usr/local/bin/gopls": intel,
			"/opt/homebrew/bin/gopls": printingProgram("darwin-arm64", ""),
			"~/go/bin/mytool": intel,
		};
		const executable = mac({ path: ["/usr/local/bin", "/opt/homebrew/bin"], files });
		const [installed, other, ...more] = await told(executable, "tool-architecture");
		expect(installed?.fix?.commands).toEqual(["gox tools rebuild mytool"]);
		expect(other).toMatchObject({
			verdict: "broken",
			title: "gopls on PATH is not for darwin-arm64",
			evidence: ["/usr/local/bin/gopls: Mach-O x86_64"].map((line) => expect.stringContaining(line)),
			fix: { commands: ["go install golang.org/x/tools/gopls@latest"] },
		});
		expect(more).toEqual([]);
	});

	it("an ELF go on a Mac, and an Intel one in an arm64 virtual machine", async () => {
		const elf = { ...go, "/usr/local/go/bin/go": printingProgram("linux-amd64", "") };
		for (const [host, name] of [
			["darwin-arm64", "err-exec-format-elf-on-mac"],
			["linux-arm64", "err-exec-format-go-amd64-in-arm-vm"],
		] as const) {
			const [finding] = await told(mac({ host, path: ["/usr/local/go/bin"], files: elf }), "go-architecture");
			expect(finding).toMatchObject({ verdict: "broken", why: "It ends with `exec format error`." });
			expect(text(name).toLowerCase()).toContain("exec format error");
		}
	});
});

describe("macOS 26 ends programs without an LC_UUID", () => {
	const words = "missing LC_UUID load command";

	it("every Go below 1.24 counts, and their own headers tell of the installed tools", async () => {
		for (const name of ["err-missing-lc-uuid-go1.22", "err-missing-lc-uuid-runner"]) expect(text(name)).toContain(words);
		const executable = mac({
			path: [],
			files: {
				"~/go/bin/wails": excerptBytes(excerptNamed("go1.23.4-darwin-arm64")),
				"~/go/bin/gopls": excerptBytes(excerptNamed("go1.24.13-darwin-arm64")),
				"~/go/bin/notgo": printingProgram("darwin-arm64", ""),
			},
		});
		executable.putVersion("go1.22.12");
		executable.putVersion("go1.24.0");
		const [gos, tools, ...more] = await told(executable, "lc-uuid");
		expect(gos).toMatchObject({ verdict: "warning", title: "a Go below 1.24 on macOS 26.6.2", evidence: ["go1.22.12"] });
		expect(tools?.evidence).toEqual([`${executable.userHome}/go/bin/wails: built by go1.23.4`]);
		expect(tools?.fix?.commands).toEqual(["gox tools rebuild wails"]);
		for (const finding of [gos, tools]) expect(finding?.why).toContain(words);
		expect(more).toEqual([]);
	});

	it("older systems don't", async () => {
		const executable = mac({ path: [], tools: { "/usr/bin/sw_vers": recorded("sw-vers-macos12") } });
		executable.putVersion("go1.22.12");
		expect(await told(executable, "lc-uuid")).toEqual([]);
	});
});

it("fish's universal variables remember a tool's directories: the command takes out those, and no other", async () => {
	const executable = mac({
		path: [],
		env: { SHELL: "/usr/bin/fish", GOROOT: "/usr/local/go" },
		files: {
			"~/.config/fish/fish_variables":
				"# VERSION: 3.0\nSETUVAR fish_user_paths:/opt/it\\x27s\\x1e/Users/x/\\x2egoenv/bin\\x1e/usr/bin\nSETUVAR --export GOROOT:/usr/local/go\n",
		},
	});
	const [finding] = await told(executable, "leftovers");
	expect(finding?.evidence).toEqual([
		`${executable.userHome}/.config/fish/fish_variables: fish_user_paths has /Users/x/.goenv/bin`,
	]);
	const [command = ""] = finding?.fix?.commands ?? [];
	const [goroot] = await told(executable, "goroot");
	const later = mac({ path: [], files: { "~/.config/fish/fish_variables": "SETUVAR --export GOROOT:/usr/local/go\n" } });
	expect((await told(later, "goroot"))[0]?.fix?.commands).toEqual(["fish -c 'set -Ue GOROOT'"]);
	expect(goroot?.fix?.commands.slice(0, 2)).toEqual(["set -e GOROOT", "fish -c 'set -Ue GOROOT'"]);
	const env = { HOME: executable.userHome, XDG_CONFIG_HOME: `${executable.userHome}/.config`, PATH: "/usr/bin:/bin" };
	const { error } = spawnSync("/bin/sh", ["-c", command], { env });
	const left = spawnSync("fish", ["-c", "printf '%s|' $fish_user_paths"], { env, encoding: "utf8" });
	if (!error && !left.error) expect(left.stdout).toBe("/opt/it's|/usr/bin|");
});

describe("other messages that people see, and the check that tells why", () => {
	it("dyld: Symbol not found", async () => {
		const message = text("err-dyld-symbol-not-found-old-macos");
		const [, version = ""] = /go(1\.[\d.]+)\/bin\/go/.exec(message) ?? [];
		const executable = mac({
			path: [],
			tools: { "/usr/bin/sw_vers": printed("ProductName:\tmacOS\nProductVersion:\t10.15.7\n") },
		});
		executable.putVersion(`go${version}`);
		const [finding] = await told(executable, "macos-version");
		expect(finding).toMatchObject({
			verdict: "broken",
			evidence: [`go${version} needs macOS 12`],
			why: expect.stringContaining("Symbol not found"),
		});
		expect(finding?.fix?.commands).toEqual(["gox install 1.22", "gox default 1.22"]);
		expect(message).toContain("Mac OS X 12.0");
	});

	it("compile: version does not match go tool version", async () => {
		const [, goroot = ""] = /^GOROOT='(.*)'$/m.exec(text("go-env-goroot-version-mismatch")) ?? [];
		const [finding] = await told(mac({ path: [], env: { GOROOT: goroot } }), "goroot");
		expect(finding).toMatchObject({ verdict: "warning", title: `GOROOT is set to ${goroot}` });
		expect(text("err-compile-version-mismatch")).toContain("does not match go tool version");
		expect(finding?.why).toContain("does not match go tool version");
	});

	it("a GOROOT below golang.org/toolchain@ is Go's own switching", async () => {
		const [, directory = ""] = /^GOTOOLDIR='(.*)\/pkg\/tool\/.*'$/m.exec(text("go-env-toolchain-switched")) ?? [];
		expect(await told(mac({ path: [], env: { GOROOT: directory } }), "goroot")).toMatchObject([{ verdict: "note" }]);
	});

	it("GOTOOLCHAIN=local and a go.mod that asks for more", async () => {
		const [, asked = ""] = /requires go >= ([\d.]+)/.exec(text("err-gotoolchain-local-too-old")) ?? [];
		const executable = mac({
			path: [],
			env: { GOTOOLCHAIN: "local", GOX_VERSION: "1.25.5" },
			files: { "~/go.mod": `module x\n\ngo ${asked}\n` },
		});
		executable.putVersion("go1.25.5");
		expect(await told(executable, "project")).toMatchObject([
			{ verdict: "broken", why: expect.stringContaining("GOTOOLCHAIN=local") },
		]);
	});

	it("the Command Line Tools that a new macOS took away", async () => {
		const [, directory = ""] = /invalid active developer path \((.*?)\)/.exec(text("xcrun-invalid-active-developer-path")) ?? [];
		const tools = { "/usr/bin/xcode-select -p": printed(`${directory}\n`) };
		const [finding] = await told(mac({ path: ["/usr/bin"], files: { "/usr/bin/clang": intel }, tools }), "cgo");
		expect(finding).toMatchObject({
			evidence: [`xcode-select -p: ${directory} (which isn't there)`],
			fix: { commands: ["xcode-select --install"] },
		});
	});

	it("Go's installer for macOS and path_helper put /usr/local/go first", async () => {
		const executable = mac({
			path: ["~/.gox/shims"],
			tools: {
				"/bin/zsh -l -c": printed("gox-doctor-path:{root}/usr/local/bin:{root}/usr/local/go/bin:{root}/Users/user/.gox/shims\n"),
			},
			files: {
				"/etc/paths": text("etc-paths-before-cryptex"),
				"/etc/paths.d/go": text("etc-paths-d-go"),
				"~/.zshrc": "# >>> gox >>>\n# <<< gox <<<\n",
			},
		});
		executable.putGo("/usr/local/go", "go1.21.0", "darwin-arm64");
		executable.putShims();
		const [finding] = await told(executable, "login-path");
		expect(finding?.evidence.at(-1)).toBe("/etc/paths.d/go: /usr/local/go/bin");
		expect(finding?.fix?.commands).toEqual(["gox setup", "sudo rm /etc/paths.d/go"]);
	});

	it.each([
		["codesign-adhoc-by-hand-macos26", 0, []],
		["codesign-linker-signed-arm64", 0, []],
		["codesign-unsigned", 1, ["KeePassXC.app: code object is not signed at all"]],
	])("an ad hoc signature is enough for a shim: %s", async (name, status, expected) => {
		const tools = {
			"~/.gox/shims/gox --shim-self-test": printed("gox-shim ok darwin-arm64\n"),
			"/usr/bin/codesign -v": recorded(name, status),
		};
		const executable = mac({ path: [], tools });
		executable.putShims();
		const [finding] = await told(executable, "shims");
		expect(finding?.verdict).toBe(status === 0 ? "ok" : "warning");
		expect(finding?.evidence.filter((line) => !line.startsWith("gox-shim ok"))).toEqual(expected);
	});

	it("spctl rejects every bare program: nobody asks it", async () => {
		expect(text("spctl-cli-tool-rejected")).toContain("/usr/bin/ssh: rejected");
		for (const executable of machines) expect([...executable.started].filter((tool) => tool.endsWith("spctl"))).toEqual([]);
	});
});

afterAll(() => expectPastable(machines.flatMap(({ proposed }) => proposed)));
