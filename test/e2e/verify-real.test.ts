import { appendFileSync, chmodSync, cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { hostPlatform } from "../support/mirror.ts";
import { realToolchains } from "../support/realgo.ts";
import { Sandbox } from "../support/sandbox.ts";

const real = realToolchains()?.find(({ version }) => version === "go1.22.5");
if (!real) console.warn("skipped: no go that reaches its module proxy, so no real toolchain to verify");

describe.skipIf(!real)("a real toolchain against Go's own checksum database", () => {
	let box: Sandbox;
	const goroot = () => join(box.home, "versions/go1.22.5");
	beforeAll(async () => {
		// The module cache's downloads, with the database's recorded answers: nothing is asked of any network.
		box = new Sandbox({
			GOX_INDEX: "",
			GOX_MIRRORS: "http://127.0.0.1:9/dl",
			GOPROXY: `file://${real?.proxy}`,
			GOX_OFFLINE: "1",
		});
		const { status, stderr } = await box.gox(["install", "1.22.5", "--source", "proxy"]);
		expect(status, stderr).toBe(0);
	});
	const verify = async (word: string) => {
		const { status, stdout, stderr } = await box.gox(["verify", word, "--json"]);
		return { status, stderr, ...JSON.parse(stdout) };
	};

	it("is proven", async () => {
		expect(await verify("1.22.5")).toMatchObject({
			status: 0,
			ok: true,
			verdict: "proven",
			h1: real?.h1,
			witnesses: [{ kind: "sumdb", where: "sum.golang.org", digest: real?.h1 }],
		});
	});

	it("names exactly the three: one byte edited, one file deleted, one added; without a manifest too", async () => {
		const edited = join(goroot(), "src/net/http/server.go");
		const deleted = join(goroot(), "src/os/exec/exec.go");
		const added = join(goroot(), "src/os/exec/trojan.go");
		const [before, gone] = [readFileSync(edited), readFileSync(deleted)];
		const bytes = Buffer.from(before);
		bytes[1000] = (bytes[1000] ?? 0) ^ 1;
		writeFileSync(edited, bytes);
		rmSync(deleted);
		writeFileSync(added, "package exec\n");
		const three = {
			status: 5,
			ok: false,
			changed: ["src/net/http/server.go"],
			missing: ["src/os/exec/exec.go"],
			added: ["src/os/exec/trojan.go"],
		};
		expect(await verify("1.22.5")).toMatchObject(three);
		const copy = join(box.root, "elsewhere");
		cpSync(goroot(), copy, { recursive: true });
		rmSync(join(box.home, "receipts/go1.22.5.files"));
		expect(await verify(copy)).toMatchObject({ ...three, goroot: copy });
		writeFileSync(edited, before);
		writeFileSync(deleted, gone);
		rmSync(added);
		expect(await verify("1.22.5")).toMatchObject({ status: 0, verdict: "proven" });
		expect((await box.run(join(goroot(), "bin/go"), ["version"])).stdout).toContain("go1.22.5");
	});

	it("in the module cache, as the go command unpacked it", async () => {
		const cached = join(real?.proxy ?? "", "../..", `golang.org/toolchain@v0.0.1-go1.22.5.${hostPlatform}`);
		expect(existsSync(cached)).toBe(true);
		const audit = await verify(cached);
		expect(audit).toMatchObject({ status: 0, verdict: "proven", h1: real?.h1, uncovered: 0 });
		const copy = join(box.root, "cached");
		cpSync(cached, copy, { recursive: true });
		const edited = join(copy, "src/cmd/_go.mod");
		chmodSync(edited, 0o644);
		appendFileSync(edited, "// more\n");
		expect(await verify(copy)).toMatchObject({ status: 5, changed: ["src/cmd/_go.mod"], missing: [], added: [] });
	});
});
