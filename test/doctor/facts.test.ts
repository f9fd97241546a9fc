import { describe, expect, it } from "vitest";
import { wrapped } from "../../src/cli/text.ts";
import { inWords } from "../../src/commands/doctor.ts";
import { macosFor } from "../../src/doctor/checks/machine.ts";
import { proxy } from "../../src/doctor/checks/proxy.ts";
import { gopath } from "../../src/doctor/checks/settings.ts";
import { mountOf, parseMountInfo, parseMountOutput } from "../../src/doctor/checks/store.ts";
import { linesThatExport } from "../../src/doctor/settings.ts";
import { printingProgram } from "../support/fakego.ts";
import { type MachineOptions, RecordedMachine } from "../support/recordedmachine.ts";

describe("lines that export a variable", () => {
	const cases: readonly (readonly [path: string, line: string, found: boolean])[] = [
		[".zshrc", "export GOROOT=/usr/local/go", true],
		[".zshrc", "  export PATH=$PATH:/x GOROOT=/usr/local/go", true],
		[".zshrc", "typeset -gx GOROOT=/x", true],
		[".bashrc", "declare -x GOROOT=/x", true],
		[".bashrc", "GOROOT=/x; export GOROOT", true],
		[".bashrc", "[ -d /x ] && export GOROOT=/x", true],
		[".bashrc", "# export GOROOT=/x", false],
		[".bashrc", "export PATH=$PATH:$GOROOT/bin", false],
		[".bashrc", "export MYGOROOT=/x", false],
		[".bashrc", "export GOROOT_FINAL=/x", false],
		[".bashrc", "unset GOROOT", false],
		[".bashrc", "echo GOROOT=", false],
		[".config/fish/config.fish", "set -gx GOROOT /usr/local/go", true],
		[".config/fish/config.fish", "set --export GOROOT /x", true],
		[".config/fish/config.fish", "set -e GOROOT", false],
		[".config/fish/fish_variables", "SETUVAR --export GOROOT:/usr/local/go", true],
	];
	it.each(cases)("%s: %s", (path, line, found) => {
		const lines = linesThatExport([{ path: `/home/${path}`, text: `first\n${line}\n` }], "GOROOT");
		expect(lines).toEqual(found ? [{ where: `/home/${path}:2`, text: line.trim() }] : []);
	});
});

describe("where go install puts programs", () => {
	const files = { "~/go/bin/mine": printingProgram("linux-amd64", "") };
	const complaints = (env: Record<string, string>) =>
		new RecordedMachine({ host: "linux-amd64", files, path: ["/usr/bin"], env }).complaints([gopath]);

	it("is asked to be on PATH", async () => {
		expect(await complaints({})).toContain("~/go/bin isn't on PATH");
	});

	it("is GOBIN alone where that is set", async () => {
		expect(await complaints({ GOBIN: "/opt/gobin" })).toBe("");
	});
});

describe("mounts", () => {
	it("reads mountinfo, blanks escaped and optional fields included; the longest, last mount wins", () => {
		const mounts = parseMountInfo(
			[
				"22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw",
				"40 22 0:35 / /home/a\\040b rw,noexec,nosuid - nfs4 server:/x rw,vers=4.2",
				"41 22 0:36 / /home ro - tmpfs tmpfs ro",
				"",
			].join("\n"),
		);
		expect(mountOf("/home/a b/.gox", mounts)).toMatchObject({
			point: "/home/a b",
			type: "nfs4",
			options: ["rw", "noexec", "nosuid"],
		});
		expect(mountOf("/homer", mounts)).toMatchObject({ point: "/", type: "ext4" });
		expect(mountOf("/home/c", mounts)?.type).toBe("tmpfs");
	});

	it("reads what macOS's mount prints", () => {
		const text =
			"/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n//me@server/share on /Volumes/my share (smbfs, nodev, nosuid, mounted by me)\n";
		expect(mountOf("/Volumes/my share/x", parseMountOutput(text))).toMatchObject({ point: "/Volumes/my share", type: "smbfs" });
	});
});

it.each([
	["go1.16.15", undefined],
	["go1.17", "10.13"],
	["go1.20.14", "10.13"],
	["go1.21rc2", "10.15"],
	["go1.23.0", "11"],
	["go1.24.1", "11"],
	["go1.25.0", "12"],
	["go1.27.1", "13"],
	["devel", undefined],
])("%s needs macOS %s", (version, needed) => expect(macosFor(version)).toBe(needed));

describe("the proxy check", () => {
	const up = { "a.example": { status: 200 }, "b.example": { status: 404 } } as const;
	const cases: readonly (readonly [string, Record<string, string>, MachineOptions["sites"], readonly string[]])[] = [
		["an answering proxy", { GOPROXY: "https://a.example,direct" }, up, ["ok"]],
		[
			"two, the second of which fails",
			{ GOPROXY: "https://a.example|https://c.example" },
			up,
			["warning c.example of GOPROXY doesn't answer"],
		],
		["a dead one before a comma", { GOPROXY: "https://c.example,direct" }, up, ["warning GOPROXY doesn't answer"]],
		[
			"direct in front",
			{ GOPROXY: "direct,https://a.example" },
			up,
			["note GOPROXY begins with direct, so its proxies are never asked"],
		],
		["off", { GOPROXY: "off" }, up, ["note GOPROXY=off"]],
		["nothing but commas", { GOPROXY: ",," }, up, ["broken GOPROXY is set, but lists no proxy"]],
		[
			"no database",
			{ GOPROXY: "https://a.example", GOSUMDB: "off" },
			up,
			["warning GOSUMDB=off: nothing is checked against the checksum database"],
		],
		["everything private", { GOPROXY: "https://a.example", GOPRIVATE: "*" }, up, ["warning GOPRIVATE=*"]],
		["the database asked directly", { GOPROXY: "https://b.example" }, { ...up, "sum.golang.org": { status: 200 } }, ["ok"]],
		[
			"a database that nobody can ask",
			{ GOPROXY: "https://b.example" },
			{ ...up, "sum.golang.org": { failure: "refused" } },
			["warning the checksum database sum.golang.org can't be asked"],
		],
		[
			"one with an address of its own",
			{
				GOPROXY: "https://a.example",
				GOSUMDB: "sum.golang.org https://sums.example/db",
			},
			{ ...up, "sums.example/db/latest": { status: 403 } },
			["warning the checksum database sum.golang.org can't be asked"],
		],
		["a company's modules private", { GOPROXY: "https://a.example", GOPRIVATE: "*.corp.example,github.com/corp/*" }, up, ["ok"]],
	];
	it.each(cases)("%s", async (_, env, sites, expected) => {
		const executable = new RecordedMachine({ host: "linux-amd64", path: [], env, offline: false, ...(sites && { sites }) });
		const findings = await executable.examine([proxy]);
		expect(findings.map(({ verdict, title }) => (verdict === "ok" ? "ok" : `${verdict} ${title}`))).toEqual(expected);
	});

	it("never shows the credentials of an address", async () => {
		const env = { GOPROXY: "https://me:secret@c.example" };
		const executable = new RecordedMachine({ host: "linux-amd64", path: [], env, offline: false });
		expect(await executable.complaints([proxy])).toContain("https://…@c.example");
		expect(JSON.stringify(await executable.examine([proxy]))).not.toContain("secret");
	});
});

it("shortens the home where a word begins, and not in the midst of a start-up file's line", () => {
	const style = { bold: String, dim: String, red: String, yellow: String, green: String };
	const evidence = ['/home/me/.zshrc:1: [[ -s "/home/me/.gvm/x" ]] && . /home/me/.gvm/x', "GOROOT=/home/me/go (/home/me/x)"];
	const finding = { check: "x", area: "shell", verdict: "note", title: "t", evidence } as const;
	expect(inWords([finding], { all: false, width: 100, style, userHome: "/home/me" }).slice(2, 4)).toEqual([
		'      ~/.zshrc:1: [[ -s "/home/me/.gvm/x" ]] && . ~/.gvm/x',
		"      GOROOT=/home/me/go (~/x)",
	]);
});

it("wraps at blanks, indents what follows, and leaves a long word whole", () => {
	expect(wrapped("one two three", 9, "  ! ")).toEqual(["  ! one", "    two", "    three"]);
	expect(wrapped("a/very/long/word b", 8, "- ")).toEqual(["- a/very/long/word", "  b"]);
});
