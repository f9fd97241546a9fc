import { lstatSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hostPlatform, type Mirror, startMirror } from "../support/mirror.ts";
import { Sandbox } from "../support/sandbox.ts";
import type { Fault } from "../support/server.ts";

const version = "go1.90.1";
const password = "s3cr3t-w0rd";

let mirror: Mirror;
let other: Mirror;

beforeEach(async () => {
	mirror = await startMirror([{ version, platform: hostPlatform }]);
	other = await startMirror([{ version, platform: hostPlatform }]);
});

afterEach(() => Promise.all([mirror.close(), other.close()]));

/** The mirror's settings with a user name, a password and a token in each address. */
function secretive(env: Readonly<Record<string, string>>): Record<string, string> {
	const within = (url = "") => url.replace("//", `//joe:${password}@`);
	return { GOX_INDEX: `${within(env.GOX_INDEX)}&token=${password}`, GOX_MIRRORS: within(env.GOX_MIRRORS), GOX_LOG: "debug" };
}

describe("a password in an address never reaches the output", { tags: "fault-9" }, () => {
	test.each([
		["all is well", {}],
		["access is refused", { status: 403 }],
		["the server fails", { status: 500 }],
		["the connection is reset", { reset: true }],
		["other bytes come", { body: "other" }],
		["a redirect leads to plain http elsewhere", { redirect: `http://joe:${password}@192.0.2.1/x?sig=${password}` }],
	] as [string, Fault][])("%s", async (_, fault) => {
		mirror.server.failAlways(mirror.path(version), fault);
		const box = new Sandbox(secretive(mirror.env));
		const installed = await box.gox(["install", "1.90.1", "--verbose"]);
		const listed = await box.gox(["list", "--remote", "--json"]);
		const verified = await box.gox(["verify", "--json"]);
		expect(installed.status === 0).toBe(Object.keys(fault).length === 0);
		const said = [installed, listed, verified].map(({ stdout, stderr }) => stdout + stderr).join("\n");
		expect(said).not.toContain(password);
		const receipts = box.names("receipts").map((name) => box.read(`goxhome/receipts/${name}`));
		expect(receipts.join("")).not.toContain(password);
	});

	test("nor does a proxy's", async () => {
		const proxy = `http://joe:${password}@127.0.0.1:1`;
		const box = new Sandbox({ ...mirror.env, GOX_LOG: "debug", http_proxy: proxy, https_proxy: proxy });
		const { status, stdout, stderr } = await box.gox(["install", "1.90.1", "--verbose"]);
		expect(status, stderr).toBe(3);
		expect(stderr).toContain("the proxy 127.0.0.1:1 refused the connection");
		expect(stdout + stderr).not.toContain(password);
	});
});

test("a redirect to another origin takes no password along", { tags: "fault-9" }, async () => {
	const path = mirror.path(version);
	mirror.server.failAlways(path, { redirect: `${other.server.origin}${path}` });
	other.server.putIndex([]);
	const box = new Sandbox(secretive(mirror.env));
	const { status, stderr } = await box.gox(["install", "1.90.1"]);
	expect(status, stderr).toBe(0);
	expect(stderr).not.toContain(password);
	expect(other.server.requestsFor(path).map(({ headers }) => headers.authorization)).toEqual([undefined]);
	expect(mirror.server.requestsFor(path)[0]?.headers.authorization).toBe(
		`Basic ${Buffer.from(`joe:${password}`).toString("base64")}`,
	);
});

describe("a password in a setting never reaches the output, whatever is asked", { tags: "fault-9" }, () => {
	const commands = [
		["doctor"],
		["doctor", "--json"],
		["config"],
		["config", "--json"],
		["config", "mirrors"],
		["config", "index", `https://joe:${password}@127.0.0.1:1/new?token=${password}`],
		["install", "1.22.5"],
		["install", "1.22.5", "--json", "--source", "proxy"],
		["install", "1.22.5", "--verify", "sumdb", "--verbose"],
		["list", "--remote", "--json"],
		["outdated", "--verbose"],
		["setup", "--shell", "bash", "--dry-run"],
	];

	test.each(commands.map((command) => [command.join(" ").replaceAll(password, "…"), command] as const))(
		"gox %s",
		async (_, command) => {
			const proxy = `http://joe:${password}@127.0.0.1:1`;
			const box = new Sandbox({
				GOX_CONFIG: undefined,
				GOX_LOG: "debug",
				GOX_TIMEOUT: "5s",
				GOPROXY: `https://joe:${password}@127.0.0.1:1/p?key=${password},${proxy}|direct`,
				GOSUMDB: `sum.golang.org https://joe:${password}@127.0.0.1:1/s?auth=${password}`,
				HTTPS_PROXY: proxy,
				http_proxy: proxy,
			});
			const config = `mirrors = https://joe:${password}@127.0.0.1:1/dl?sig=${password}\nindex = https://joe:${password}@127.0.0.1:1/i?token=${password}\n`;
			const start = `export GOPROXY=https://joe:${password}@proxy.example/path?token=${password}\n`;
			box.write({
				"user/config": config,
				"user/.bashrc": start,
				"user/.config/go/env": `GOPROXY=https://joe:${password}@127.0.0.1:1/x?token=${password},direct\n`,
			});
			const { stdout, stderr } = await box.gox(command, { env: { GOX_CONFIG: join(box.root, "user/config") } });
			expect(stdout + stderr).not.toBe("");
			expect(stdout + stderr).not.toContain(password);
			for (const directory of [".", "receipts", "journal", "tmp"])
				for (const name of box.names(directory).filter((each) => lstatSync(join(box.home, directory, each)).isFile()))
					expect(box.read(`goxhome/${directory}/${name}`)).not.toContain(password);
		},
	);
});
