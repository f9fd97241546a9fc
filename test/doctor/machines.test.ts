import { afterAll, expect, test } from "vitest";
import { checks } from "../../src/doctor/checks/all.ts";
import { hookPlace, writeHook } from "../../src/shell/hook.ts";
import { applyEdit, planSetup } from "../../src/shell/startup.ts";
import { zsh } from "../../src/shell/zsh.ts";
import { printingProgram } from "../support/fakego.ts";
import { expectPastable } from "../support/pastable.ts";
import { type MachineOptions, printed, RecordedMachine, recorded } from "../support/recordedmachine.ts";

const proposed: string[] = [];
afterAll(() => expectPastable(proposed));

const arm = printingProgram("darwin-arm64", "");
const intel = printingProgram("darwin-amd64", "");

/** What every Mac here has: a disk, a signed shim that runs, a login shell that puts the shims first. */
const everyMac = {
	"/sbin/mount": printed("/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)\n"),
	"~/.gox/shims/gox --shim-self-test": printed("gox-shim ok darwin-arm64\n"),
	"/usr/bin/codesign -v": printed(""),
	"/usr/bin/xattr -l": printed(""),
	"/usr/bin/xcode-select -p": recorded("xcode-select-p-xcode"),
};
const silicon = {
	...everyMac,
	"/usr/sbin/sysctl -n hw.optional.arm64": printed("1\n"),
	"/usr/sbin/sysctl -n sysctl.proc_translated": recorded("sysctl-proc-translated-native-m4-macos27"),
	"/usr/bin/sw_vers": recorded("sw-vers-macos26"),
};
const nativeFiles: MachineOptions["files"] = {
	"/bin/zsh": arm,
	"/opt/node": arm,
	"/usr/bin/clang": arm,
	"/Applications/Xcode.app/Contents/Developer/x": "",
	"/opt/homebrew/bin/brew": arm,
	"/etc/paths": recorded("etc-paths-cryptex").stdout,
};

function setUp(executable: RecordedMachine): void {
	const { context } = executable;
	writeHook(context, zsh);
	const home = { userHome: context.userHome, env: context.env, exists: () => false };
	for (const file of zsh.startupFiles(home)) {
		applyEdit(context, planSetup(file, zsh.sourcing(hookPlace(context, zsh), file)), `${executable.root}/backups`);
	}
}

const shimsFirst = "noise of a start-up file\ngox-doctor-path:{root}/Users/user/.gox/shims:{root}/usr/bin\n";

test("Apple Silicon, native, all well: nothing to say", async () => {
	const executable = new RecordedMachine({
		host: "darwin-arm64",
		tools: {
			...silicon,
			"/opt/homebrew/bin/brew --prefix": recorded("brew-prefix-apple-silicon"),
			"/bin/zsh -l -c": printed(shimsFirst),
		},
		files: { ...nativeFiles, "/opt/homebrew/bin/go": { link: "../Cellar/go/1.26.1/libexec/bin/go" } },
		path: ["~/.gox/shims", "/opt/homebrew/bin", "/usr/bin"],
	});
	executable.putGo("/opt/homebrew/Cellar/go/1.26.1/libexec", "go1.26.1", "darwin-arm64");
	executable.putVersion("go1.99.0");
	executable.put("~/.gox/current", { link: "versions/go1.99.0" });
	executable.putShims();
	setUp(executable);
	const complaints = await executable.complaints(checks);
	proposed.push(...executable.proposed);
	expect(complaints).toBe("");
	const asked = new Set((await executable.examine(checks)).map(({ check }) => check));
	expect(checks.map(({ name }) => name).filter((name) => !asked.has(name))).toEqual(["tool-architecture"]);
});

test("Apple Silicon, a terminal under Rosetta, with the Intel Homebrew's Go and Node", async () => {
	const executable = new RecordedMachine({
		host: "darwin-arm64",
		tools: {
			...silicon,
			"/usr/bin/sw_vers": recorded("sw-vers-macos12"),
			"/usr/sbin/sysctl -n sysctl.proc_translated": recorded("sysctl-proc-translated-under-rosetta"),
			"/usr/local/bin/brew --prefix": recorded("brew-prefix-intel"),
		},
		files: {
			...nativeFiles,
			"/usr/local/bin/brew": intel,
			"/usr/local/bin/node": intel,
			"/usr/local/bin/go": { link: "../Cellar/go/1.26.1/libexec/bin/go" },
			"~/go/bin/gopls": intel,
			"~/go/bin/mytool": arm,
		},
		path: ["/usr/local/bin", "/usr/bin", "~/go/bin"],
		runtime: "/usr/local/bin/node",
	});
	executable.putGo("/usr/local/Cellar/go/1.26.1/libexec", "go1.26.1", "darwin-amd64");
	const complaints = await executable.complaints(checks);
	proposed.push(...executable.proposed);
	expect(complaints).toMatchInlineSnapshot(`
		"rosetta warning: this terminal runs under Rosetta
		    sysctl.proc_translated: 1, hw.optional.arm64: 1
		    /bin/zsh: Mach-O arm64
		  > exec arch -arm64 /bin/zsh -l
		    (that is for this shell; for good, untick Open using Rosetta in the Finder's Get Info of the terminal)
		rosetta warning: node, which runs gox, is an x86-64 program
		    /usr/local/bin/node: Mach-O x86_64
		  > /opt/homebrew/bin/brew install node && hash -r
		homebrew warning: the Intel Homebrew comes before the native one
		    /opt/homebrew/bin/brew: Homebrew for Apple Silicon
		    /usr/local/bin/brew: Homebrew for Intel
		    first on PATH: /usr/local/bin/brew (brew --prefix: /usr/local)
		  > eval "$(/opt/homebrew/bin/brew shellenv)"
		    (for new shells have that line in ~/.zprofile, behind any of /usr/local's)
		go-architecture warning: the go that runs here is for another machine than darwin-arm64
		    /usr/local/bin/go: go1.26.1, Mach-O x86_64, from the Intel Homebrew of /usr/local
		  > gox install 1.26.1 --default
		  > gox setup
		tool-architecture warning: 1 of the 2 installed Go tools is not for darwin-arm64
		    ~/go/bin/gopls: Mach-O x86_64
		  > gox tools rebuild gopls
		    (with the Go in force, from the module and version that each was built from)
		go-on-path warning: gox's shims aren't on PATH: \`go\` is /usr/local/bin/go
		    1. /usr/local/bin/go: go1.26.1, Mach-O x86_64, from the Intel Homebrew of /usr/local
		    not on PATH: ~/.gox/shims
		  > gox setup
		  > eval "$(gox env)"
		    (the first is for new shells, the second for this one)
		startup-files note: zsh isn't set up for gox
		    ~/.zshrc isn't there
		    ~/.zprofile isn't there
		  > gox setup --shell zsh"
	`);
});

test("an Intel Mac: that sysctl knows no hw.optional.arm64 is the answer, not a failure", async () => {
	const executable = new RecordedMachine({
		host: "darwin-amd64",
		tools: {
			...everyMac,
			"/usr/sbin/sysctl -n hw.optional.arm64": recorded("sysctl-n-hw-optional-arm64-intel-i5", 1),
			"/usr/sbin/sysctl -n sysctl.proc_translated": recorded("sysctl-proc-translated-intel", 1),
			"/usr/bin/sw_vers": recorded("sw-vers-macos12"),
			"/usr/local/bin/brew --prefix": recorded("brew-prefix-intel"),
			"/usr/bin/xcode-select -p": recorded("xcode-select-p-none", 2),
			"~/.gox/shims/gox --shim-self-test": printed("gox-shim ok darwin-amd64\n"),
			"/bin/zsh -l -c": printed(shimsFirst),
		},
		files: { "/bin/zsh": intel, "/opt/node": intel, "/usr/bin/clang": intel, "/usr/local/bin/brew": intel },
		path: ["~/.gox/shims", "/usr/local/bin", "/usr/bin"],
	});
	executable.putVersion("go1.99.0");
	executable.putVersion("go1.26.1");
	executable.put("~/.gox/current", { link: "versions/go1.26.1" });
	executable.putShims();
	setUp(executable);
	const complaints = await executable.complaints(checks);
	proposed.push(...executable.proposed);
	expect(complaints).toMatchInlineSnapshot(`
		"macos-version broken: a Go needs a newer macOS than 12.6
		    go1.99.0 needs macOS 13
		  > gox install 1.26
		  > gox default 1.26
		end-of-life warning: go1.26.1, in force here, is past its end of life
		    past it: go1.26.1
		    supported: …
		  > gox install latest
		  > gox default latest
		    (try your code with it first: gox exec latest -- go test ./...)
		cgo warning: there is no C compiler
		    xcode-select -p: xcode-select: error: Unable to get active developer directory.
		  > xcode-select --install"
	`);
});

test("both Homebrews on macOS 27 without Rosetta: the shell is native, the go is not", async () => {
	const executable = new RecordedMachine({
		host: "darwin-arm64",
		tools: {
			...silicon,
			"/usr/bin/sw_vers": recorded("sw-vers-macos27"),
			"/usr/bin/arch -x86_64 /usr/bin/true": recorded("arch-x86_64-true-no-rosetta", 1),
			"/usr/sbin/sysctl -n sysctl.proc_translated": recorded("sysctl-proc-translated-native-shell-intel-go"),
			"/usr/local/bin/brew --prefix": recorded("brew-prefix-intel"),
			"/usr/bin/codesign -v": {
				status: 1,
				stdout: "",
				stderr: recorded("codesign-unsigned").stdout.replaceAll("KeePassXC.app", "~/.gox/shims/go"),
			},
			"~/.gox/shims/gox --shim-self-test": { status: null, stdout: "", stderr: "" },
			"/usr/bin/xattr -l": printed(
				recorded("xattr-quarantine-chrome").stdout.replace(/^/, "{root}/Users/user/.gox/versions/go1.22.5/bin/go: "),
			),
			"/bin/zsh -l -c": printed("gox-doctor-path:{root}/usr/local/bin:{root}/usr/bin:{root}/Users/user/.gox/shims\n"),
		},
		files: {
			...nativeFiles,
			"/usr/local/bin/brew": intel,
			"/usr/local/bin/go": { link: "../Cellar/go/1.26.1/libexec/bin/go" },
			"/etc/paths.d/go": recorded("etc-paths-d-go").stdout,
			"~/go/bin/dlv": intel,
			"~/.zshrc":
				'export GOROOT=/usr/local/opt/go/libexec\n[[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm"\n',
			"~/Library/Application Support/go/env": "GOTOOLCHAIN=local\n",
		},
		path: ["/usr/local/bin", "/opt/homebrew/bin", "/usr/bin", "~/.gox/shims", "~/go/bin"],
		env: { GOROOT: "/usr/local/opt/go/libexec" },
	});
	executable.putGo("/usr/local/Cellar/go/1.26.1/libexec", "go1.26.1", "darwin-amd64");
	executable.putVersion("go1.22.5");
	executable.putVersion("go1.15.15", "darwin-amd64");
	executable.put("~/.gox/current", { link: "versions/go1.22.5" });
	executable.putShims();
	setUp(executable);
	const complaints = await executable.complaints(checks);
	proposed.push(...executable.proposed);
	expect(complaints).toMatchInlineSnapshot(`
		"homebrew warning: the Intel Homebrew comes before the native one
		    /opt/homebrew/bin/brew: Homebrew for Apple Silicon
		    /usr/local/bin/brew: Homebrew for Intel
		    first on PATH: /usr/local/bin/brew (brew --prefix: /usr/local)
		  > eval "$(/opt/homebrew/bin/brew shellenv)"
		    (for new shells have that line in ~/.zprofile, behind any of /usr/local's)
		lc-uuid warning: 2 Gos below 1.24 on macOS 27.0
		    go1.22.5
		    go1.15.15@darwin-amd64
		  > gox install latest
		  > gox default latest
		go-architecture broken: the go that runs here is for another machine than darwin-arm64
		    /usr/local/bin/go: go1.26.1, Mach-O x86_64, from the Intel Homebrew of /usr/local
		  > gox install 1.26.1 --default
		  > gox setup
		tool-architecture broken: 1 of the 1 installed Go tools is not for darwin-arm64
		    ~/go/bin/dlv: Mach-O x86_64
		  > gox tools rebuild dlv
		    (with the Go in force, from the module and version that each was built from)
		go-on-path warning: another go comes before gox's on PATH
		    1. /usr/local/bin/go: go1.26.1, Mach-O x86_64, from the Intel Homebrew of /usr/local
		    2. ~/.gox/shims/go: gox's shim
		  > gox setup
		  > eval "$(gox env)"
		    (the first is for new shells, the second for this one; look too for what puts /usr/local/bin in front)
		quarantine warning: a program is quarantined
		    ~/.gox/versions/go1.22.5/bin/go: com.apple.quarantine: 0081;5af29a42;Chrome;2590B18F-F0CE-4035-A32C-0F5887D81029
		  > xattr -d com.apple.quarantine ~/.gox/versions/go1.22.5/bin/go
		end-of-life warning: go1.22.5, in force here, is past its end of life
		    past it: go1.22.5, go1.15.15@darwin-amd64
		    supported: …
		  > gox install latest
		  > gox default latest
		    (try your code with it first: gox exec latest -- go test ./...)
		goroot warning: GOROOT is set to /usr/local/opt/go/libexec
		    GOROOT=/usr/local/opt/go/libexec in the environment
		    ~/.zshrc:1: export GOROOT=/usr/local/opt/go/libexec
		  > unset GOROOT
		  > gox setup --remove-leftovers
		gotoolchain warning: GOTOOLCHAIN=local was set by go env -w
		    ~/Library/Application Support/go/env:1: GOTOOLCHAIN=local
		  > go env -u GOTOOLCHAIN
		shims broken: the shims don't run
		    ~/.gox/shims/go: code object is not signed at all
		    ~/.gox/shims/gox --shim-self-test: it was ended by a signal
		  > gox doctor --fix
		login-path warning: in a new login shell another go comes before gox's
		    /usr/local/bin/go: go1.26.1, Mach-O x86_64, from the Intel Homebrew of /usr/local
		    ~/.gox/shims/go: gox's shim
		    PATH of /bin/zsh -l: /usr/local/bin:/usr/bin:~/.gox/shims
		    /etc/zprofile runs path_helper, which puts the directories of /etc/paths and /etc/paths.d in front
		    /etc/paths: /usr/local/bin
		  > gox setup
		    (and see what comes after gox's block in your start-up files)
		leftovers warning: start-up files still set up gvm, a Go put there by hand
		    ~/.zshrc:1: export GOROOT=/usr/local/opt/go/libexec (go)
		    ~/.zshrc:2: [[ -s "$HOME/.gvm/scripts/gvm" ]] && source "$HOME/.gvm/scripts/gvm" (gvm)
		  > gox setup --remove-leftovers"
	`);
});

test("Linux, all well: nothing to say", async () => {
	const executable = new RecordedMachine({
		host: "linux-amd64",
		tools: { "~/.gox/shims/gox --shim-self-test": printed("gox-shim ok linux-amd64\n"), "/bin/zsh -l -c": printed(shimsFirst) },
		files: {
			"/bin/zsh": printingProgram("linux-amd64", ""),
			"/usr/bin/gcc": printingProgram("linux-amd64", ""),
			"/lib64/ld-linux-x86-64.so.2": "",
			"/proc/self/mountinfo": "22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw\n",
			"~/go/bin/gopls": printingProgram("linux-amd64", ""),
		},
		path: ["~/.gox/shims", "/usr/bin", "~/go/bin"],
		sites: { "proxy.example": { status: 200 } },
		env: { GOPROXY: "https://proxy.example" },
		offline: false,
	});
	executable.putVersion("go1.99.0");
	executable.put("~/.gox/current", { link: "versions/go1.99.0" });
	executable.putShims();
	setUp(executable);
	const complaints = await executable.complaints(checks);
	proposed.push(...executable.proposed);
	expect(complaints).toBe("");
	const asked = (await executable.examine(checks)).map(({ check }) => check);
	const ofMacs = ["rosetta", "homebrew", "macos-version", "lc-uuid", "quarantine"];
	expect(checks.map(({ name }) => name).filter((name) => !asked.includes(name))).toEqual(ofMacs);
});
