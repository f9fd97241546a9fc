import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPlatform } from "../support/mirror.ts";
import { realToolchains } from "../support/realgo.ts";
import { Sandbox } from "../support/sandbox.ts";
import { goIndex, startServer, type TestServer } from "../support/server.ts";

const versions = ["go1.20.14", "go1.21.13", "go1.22rc1", "go1.22.5", "go1.23.4"];
/** Each of them compiles its own standard library: about 20 s of one processor. */
const timeout = 300_000;
const toolchains = realToolchains(versions);
if (!toolchains) console.warn("skipped: no go that reaches its module proxy, so no real toolchains");

/** A function literal in a loop: since Go 1.22 each iteration has a variable of its own, where the file's language is 1.22. */
const loop = (constraint: string) => `${constraint}

package captured

func each(names []string) (said []string) {
	var say []func() string
	for _, name := range names {
		say = append(say, func() string { return name })
	}
	for _, one := range say {
		said = append(said, one())
	}
	return said
}
`;

/**
 * A module of language 1.20, whose one loop is in two files of the same text: one for toolchains since 1.22, whose
 * build constraint makes 1.22 the file's language, and one for those before. (A go line of 1.22 would not do: Go 1.21
 * refuses the module, and Go 1.20 knows nothing of it.)
 */
const module = {
	"m/go.mod": "module example.com/captured\n\ngo 1.20\n",
	"m/each.go": loop("//go:build !go1.22"),
	"m/each_go122.go": loop("//go:build go1.22"),
	"m/each_test.go": `package captured

import (
	"strings"
	"testing"
)

func TestCount(t *testing.T) {
	if got := len(each([]string{"a", "b"})); got != 2 {
		t.Errorf("%d closures", got)
	}
}

func TestEachClosureHasItsOwnVariable(t *testing.T) {
	if got := strings.Join(each([]string{"a", "b"}), " "); got != "a b" {
		t.Errorf("the closures say %q", got)
	}
}
`,
};

describe.skipIf(!toolchains)("a test that fails only before Go 1.22, with real toolchains", () => {
	let server: TestServer;
	let box: Sandbox;
	beforeAll(async () => {
		// The list of what there is; the bytes come from the module cache, proven by the checksum database.
		server = await startServer({ index: goIndex(versions.map((version) => ({ version, platform: hostPlatform }))) });
		box = new Sandbox({ GOX_INDEX: server.index, GOPROXY: `file://${toolchains?.[0]?.proxy}`, CGO_ENABLED: "0" });
		box.write(module);
		const { status, stderr } = await box.gox(["install", "1.21", "1.23", "--source", "proxy"]);
		expect(status, stderr).toBe(0);
	});
	afterAll(() => server.close());

	it("gox exec --each shows just that, over four versions", { timeout }, async () => {
		const list = "1.20,1.21,1.22,latest";
		const { status, stdout, stderr } = await box.gox(
			["exec", "--each", list, "--source", "proxy", "--json", "--", "go", "test", "-vet=off", "./..."],
			{ cwd: "m" },
		);
		expect(status, stderr).toBe(1);
		const results: { version: string; result: string; status: number; output?: string }[] = JSON.parse(stdout);
		expect(results.map(({ version, result, status }) => [version, result, status])).toEqual([
			["go1.20.14", "failed", 1],
			["go1.21.13", "failed", 1],
			["go1.22.5", "ok", 0],
			["go1.23.4", "ok", 0],
		]);
		for (const { output } of results.slice(0, 2)) {
			expect(output?.match(/^--- FAIL: \w+/gm)).toEqual(["--- FAIL: TestEachClosureHasItsOwnVariable"]);
			expect(output).toContain('the closures say "b b"');
		}
		expect(stderr.match(/vouched for by Go's checksum database/g)).toHaveLength(2);
	});

	it("gox bisect names the first release that passes, bringing only what it lacks", { timeout }, async () => {
		const ran = await box.gox(
			["bisect", "--bad", "1.20", "--good", "1.23", "--source", "proxy", "--", "go", "test", "-vet=off", "./..."],
			{
				cwd: "m",
			},
		);
		expect(ran.stdout, ran.stderr).toBe(
			"go1.22rc1 is the first release with which the command passes; with go1.21.13 it fails\n",
		);
		expect(ran.status).toBe(0);
		expect(ran.stderr.match(/^installed \S+/gm)).toEqual(["installed go1.22rc1"]);
		expect(box.names("versions")).toEqual(["go1.20.14", "go1.21.13", "go1.22.5", "go1.23.4"]);
		expect(box.leftovers()).toEqual([]);
	});

	it.each([
		// the Go that gox chooses, GOTOOLCHAIN, go.mod; what runs
		["1.21.13", "auto", "go 1.21\ntoolchain go1.22.5", "go1.22.5"],
		["1.21.13", "path", "go 1.21\ntoolchain go1.22.5", "go1.22.5"],
		["1.21.13", "local", "go 1.21\ntoolchain go1.22.5", "go1.21.13"],
		["1.21.13", "auto", "go 1.21\ntoolchain default", "go1.21.13"],
		["1.21.13", "auto", "go 1.23.4", "go1.23.4"],
		["1.21.13", "auto", "go 1.22.5\ntoolchain go1.23.4", "go1.23.4"],
		["1.23.4", "go1.20.14", "go 1.23", "go1.20.14"],
		["1.21.13", "go1.20.14", "go 1.20", "go1.20.14"],
		["1.21.13", "go1.22.5+auto", "go 1.20", "go1.22.5"],
		["1.22.5", "go1.21.13+path", "go 1.23.4", "go1.23.4"],
		["1.20.14", "auto", "go 1.20\ntoolchain go1.22.5", "go1.20.14"],
		["1.20.14", "go1.22.5", "go 1.20", "go1.20.14"],
	])("go %s, GOTOOLCHAIN=%s and go.mod %j run %s, from the store and as gox why says", async (base, GOTOOLCHAIN, mod, runs) => {
		box.write({ "s/.go-version": `${base}\n`, "s/go.mod": `module s\n\n${mod}\n` });
		const env = { GOTOOLCHAIN, GOPROXY: "off", GOMODCACHE: join(box.root, "empty"), PATH: `${box.home}/shims:/usr/bin:/bin` };
		const ran = await box.run("go", ["env", "GOVERSION", "GOROOT"], { cwd: "s", env });
		expect(ran.stdout, ran.stderr).toBe(`${runs}\n${box.home}/versions/${runs}\n`);
		const { version, next } = JSON.parse((await box.gox(["why", "--json"], { cwd: "s", env })).stdout);
		expect(version).toBe(`go${base}`);
		expect(next?.toolchain ?? version).toBe(runs);
		expect(next?.path ?? null).toBe(runs === version ? null : join(box.home, "shims", runs));
		expect(existsSync(env.GOMODCACHE)).toBe(false);
	});
});
