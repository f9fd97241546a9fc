import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { archiveFromZip, realToolchains } from "../support/realgo.ts";
import { Sandbox } from "../support/sandbox.ts";

/** Argv in front of a command that may then mount: as another user's root in a namespace of its own, or as root. */
const mounting = [["unshare", "-rm"], []].find(
	([command, ...args]) =>
		spawnSync(command ?? "sh", [
			...args,
			...(command ? ["sh"] : []),
			"-c",
			"d=$(mktemp -d) && mount -t tmpfs tmpfs $d && umount $d",
		]).status === 0,
);
const [real] = mounting ? (realToolchains(["go1.22.5"]) ?? []) : [];

/** In a shell: `gox` is the program, $HOME_DISK its disk of 64 MB; prints what it finds between marks. */
const story = `
gox() { "$NODE" "$ENTRY" "$@"; }
say() { echo "== $1"; }
mount -t tmpfs -o size=64m,mode=755 tmpfs "$DISK" || exit 9
trap 'umount "$DISK"' EXIT
export GOX_HOME="$DISK/home"
gox install 1.90.1 >/dev/null 2>&1; say "small $?"
gox install 1.22.5 --unofficial --source download 2>&1; say "large $?"
ls "$GOX_HOME/versions"; say versions
ls -A "$GOX_HOME/tmp" "$GOX_HOME/locks" "$GOX_HOME/journal" | grep -v : ; say left
df -k --output=used "$DISK" | tail -1; say used
gox exec 1.90.1 -- go version; say "run $?"
# Not a byte is free: what is there can be listed, chosen and removed all the same.
head -c 70000000 /dev/zero > "$DISK/fill" 2>/dev/null; say "filled $?"
gox list 2>&1; say "list $?"
gox install 1.90.2 2>&1; say "more $?"
gox uninstall 1.90.1 2>&1; say "uninstall $?"
ls "$GOX_HOME/versions"; say gone
rm "$DISK/fill"
gox install 1.90.2 >/dev/null 2>&1; say "after $?"
ls "$GOX_HOME/versions"; say versions
ls -A "$GOX_HOME/tmp" "$GOX_HOME/locks" "$GOX_HOME/journal" | grep -v : ; say left
`;

let mirror: Mirror;
beforeAll(async () => {
	mirror = await startMirror(["go1.90.1", "go1.90.2"].map((version) => ({ version, platform: hostPlatform })));
	if (!real) return;
	const prefix = `golang.org/toolchain@v0.0.1-go1.22.5.${hostPlatform}/`;
	// The large files are enough, and pack in a second.
	const bytes = await archiveFromZip(real.zip, prefix, (path) => /^(?:VERSION$|bin\/|pkg\/tool\/|src\/fmt\/)/.test(path));
	mirror.add({ version: "go1.22.5", platform: hostPlatform, bytes });
});
afterAll(() => mirror.close());

describe.skipIf(!real)(
	"a disk of 64 MB that fills up (where a file system may be mounted and the go command has Go 1.22.5)",
	{ tags: "fault-18" },
	() => {
		it("exit 6 with a way out, nothing left of what didn't fit, and all that was there goes on working", async () => {
			const box = new Sandbox(mirror.env);
			mkdirSync(join(box.root, "disk"));
			const [command = "sh", ...args] = [...(mounting ?? []), "sh", "-c", story];
			const env = {
				DISK: join(box.root, "disk"),
				NODE: process.execPath,
				ENTRY: box.entry,
				PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
			};
			const { stdout, stderr, status } = await box.run(command, args, { env });
			expect(status, stderr).toBe(0);
			const parts = new Map<string, string>();
			let text = "";
			for (const line of stdout.split("\n")) {
				if (!line.startsWith("== ")) text += `${line}\n`;
				else {
					parts.set(`${parts.size} ${line.slice(3)}`, text.trim());
					text = "";
				}
			}
			expect([...parts.keys()]).toEqual([
				"0 small 0",
				"1 large 6",
				"2 versions",
				"3 left",
				"4 used",
				"5 run 0",
				"6 filled 1",
				"7 list 0",
				"8 more 6",
				"9 uninstall 0",
				"10 gone",
				"11 after 0",
				"12 versions",
				"13 left",
			]);
			const said = (key: string) => parts.get(key) ?? "";
			for (const key of ["1 large 6", "8 more 6"]) {
				expect(said(key)).toMatch(/gox: .*no space is left on the disk\n.*gox list.*gox uninstall/);
				expect(said(key)).not.toMatch(/\n {4}at |undefined/);
			}
			expect([said("2 versions"), said("3 left"), said("10 gone"), said("12 versions"), said("13 left")]).toEqual([
				"go1.90.1",
				"",
				"",
				"go1.90.2",
				"",
			]);
			expect(Number(said("4 used"))).toBeLessThan(5_000);
			expect(said("5 run 0")).toContain("go1.90.1");
			expect(said("7 list 0")).toContain("1.90.1");
		});
	},
);
