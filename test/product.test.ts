import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { tooOldRuntime } from "../src/product.ts";

it.each([
	["18.20.8", true],
	["20.18.3", true],
	["20.19.0", false],
	["20.20.2", false],
	["22.0.0", false],
	["24.21.0", false],
])("Node %s is too old: %s", (version, old) => {
	const said = tooOldRuntime(version);
	expect(said !== undefined).toBe(old);
	if (said !== undefined) expect(said).toMatch(`gox: this is Node ${version}, and gox needs 20.19 or newer\n`);
});

it("the oldest is the one that package.json names, and the one that this runs on isn't", () => {
	const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
	expect(tooOldRuntime("1.0.0")).toContain(`gox needs ${engines.node.replace(">=", "")} or newer`);
	expect(tooOldRuntime(process.versions.node)).toBeUndefined();
});
